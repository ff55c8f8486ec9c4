import { existsSync } from 'node:fs';
import { type Io } from '../command.ts';
import { VERSION } from '../version.ts';
import { PROBATION, SWITCHED } from './probation.ts';
import { isNewer, readVersions, writeVersions } from './versions.ts';

/** A version that has not stayed up so often is given up. */
const ATTEMPTS = 3;
/** An agent that has served for so long has stayed up. */
export const STAYED_MS = 30_000;

/** Becomes another program, in the same process: for a service manager nothing has ended. Does not return. */
export function become(path: string, version: string, io: Io): never {
  const env = { ...io.env, [SWITCHED]: version };
  const words = Object.entries(env).filter((it): it is [string, string] => it[1] !== undefined);
  process.execve?.(path, [path, ...io.args], Object.fromEntries(words));
  throw new Error(`${path} could not be started`);
}

/**
 * Where an update has put a newer version beside the installed one, that one is run. One that does not stay up three times
 * is given up, and the installed one serves on (I17).
 */
export function switchToUpdated(home: string, io: Io): void {
  const { current, attempts } = readVersions(home);
  if (!current || io.env[PROBATION] !== undefined || io.env[SWITCHED] === current.version) return;
  if (!isNewer(current.version, VERSION)) return;
  const giveUp = (why: string) => {
    const { current: _, ...rest } = readVersions(home);
    writeVersions(home, { ...rest, current: undefined as never, attempts: 0, outcome: { state: 'failed', version: current.version, why } }); // prettier-ignore
    io.error(`The agent goes on as ${VERSION}: ${why}`);
  };
  if (!existsSync(current.path)) return giveUp(`version ${current.version} is gone`);
  if (attempts >= ATTEMPTS) return giveUp(`version ${current.version} did not stay up, ${attempts} times`);
  writeVersions(home, { attempts: attempts + 1 });
  try {
    become(current.path, current.version, io);
  } catch (error) {
    giveUp((error as Error).message);
  }
}
