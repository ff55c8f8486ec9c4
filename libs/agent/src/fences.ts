import { TransportError } from '@octo/kernel';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readText, writeQuickly } from './whole-file.ts';

/** The highest fencing number seen per task, so that a node that is late cannot start work (I3). */
export class Fences {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  }

  check(taskId: string, fence: number | undefined): void {
    if (fence === undefined) return;
    const file = join(this.#dir, Buffer.from(taskId).toString('base64url'));
    const highest = Number(readText(file) ?? -1);
    if (fence < highest)
      throw new TransportError(
        'OCTO_TRANSPORT_FENCED',
        `another node has taken over ${taskId}: fence ${fence} came after ${highest}`,
        {
          started: 'no',
          hint: 'look at the log of the task; this node must not start anything for it any more',
        },
      );
    if (fence === highest) return;
    writeQuickly(file, String(fence));
  }
}
