import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, INSTANCE, value } from '../command.ts';
import { opened } from './shared.ts';

/** Touched by a running agent every 10 s (halibut.md 7.1). */
export const HEARTBEAT = 'livez.heartbeat';

export const livez: Command = {
  name: 'livez',
  about: 'Exit code 0 while the agent runs and is well, else 1: for probes.',
  options: [...INSTANCE, value('max-age', 'seconds since its last sign of life; 60 by default')],
  async run(values, io) {
    const maxMs = (values.number('max-age') ?? 60) * 1_000;
    const file = join(opened(values, io).home, HEARTBEAT);
    const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
    return Date.now() - mtimeMs < maxMs ? 0 : 1;
  },
};
