import { type Limits } from '../limits.ts';

/** One row of the table of R252. */
export interface WaitKind {
  /** Its row in docs/waits.md. */
  readonly row: string;
  /** Which limit ends it; `launch`: the one that the launch names, if any. */
  readonly limit: keyof Limits | 'launch';
  /** What happens then; the log and `octo task explain` say it so. */
  readonly whenOver: string;
}

/** Every wait in which a task can be seen. Whoever waits takes limit and end from here, and so does the test of the docs. */
export const WAITS = {
  queue: { row: 'task in the queue', limit: 'queueMs', whenOver: 'the task ends as TimedOut' },
  lease: {
    row: 'a worker, while all are held exclusively or are checked for the first time',
    limit: 'leaseMs',
    whenOver: 'the action fails',
  },
  session: { row: 'opening a session', limit: 'openMs', whenOver: 'the action fails' },
  tool: { row: 'bringing a tool, and Node, to a worker', limit: 'toolMs', whenOver: 'the action fails' },
  turn: { row: 'isolation mutex on the machine', limit: 'launch', whenOver: 'the action fails (−44)' },
  cancel: { row: 'a cancelled script’s end', limit: 'cancelMs', whenOver: 'the script is abandoned: it may still run' },
  complete: {
    row: 'a machine, to clean up behind a script',
    limit: 'completeMs',
    whenOver: 'the machine does so later',
  },
  artifact: { row: 'one artifact', limit: 'artifactMs', whenOver: 'the action fails' },
} as const satisfies Readonly<Record<string, WaitKind>>;
