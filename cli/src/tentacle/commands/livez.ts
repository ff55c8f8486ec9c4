import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, INSTANCE, value } from '../command.ts';
import { KnownFailure } from '../errors.ts';
import { opened } from './shared.ts';

/** Touched by a running agent every 10 s (halibut.md 7.1). */
export const HEARTBEAT = 'livez.heartbeat';

export const livez: Command = {
  name: 'livez',
  about: 'Exit code 0 while the agent runs and is well, else 1: for probes.',
  options: [...INSTANCE, value('max-age', 'seconds since its last sign of life; 60 by default')],
  async run(values, io) {
    const maxSeconds = values.number('max-age') ?? 60;
    if (maxSeconds <= 0) throw new KnownFailure('--max-age must be a positive number of seconds.');
    const file = join(opened(values, io).home, HEARTBEAT);
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found) throw new KnownFailure(`There is no ${file}: the agent has not been started.`);
    const ageMs = Date.now() - found.mtimeMs;
    if (ageMs < maxSeconds * 1_000) return;
    const age = Math.floor(ageMs / 1_000);
    throw new KnownFailure(
      `The last sign of life of the agent is ${age} s old, and ${maxSeconds} s are allowed (${file}).`,
    );
  },
};
