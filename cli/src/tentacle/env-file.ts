import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KnownFailure } from './errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Nothing replaces a setting without this (halibut.md 7.9). */
export const contributes = (env: Env): boolean => env['OCTOPUS_CONTRIBUTE_ENV_SETTINGS']?.toLowerCase() === 'true';

/** What `.env` says, the nearest one of the folder and those above it. Read only where variables count. */
export function envFile(folder: string): Env {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, '.env');
    if (existsSync(file)) return parseEnvFile(readFileSync(file, 'utf8'), file);
    if (at === dirname(at)) return {};
  }
}

function parseEnvFile(text: string, file: string): Env {
  const lines = text.split(/\r?\n/).map((line, at) => ({ line, number: at + 1 }));
  const said = lines.filter(({ line }) => line.trim() !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    said.map(({ line, number }) => {
      const at = line.indexOf('=');
      if (at < 0) throw new KnownFailure(`Line ${number} of ${file} is not formatted correctly: it has no =`);
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    }),
  );
}
