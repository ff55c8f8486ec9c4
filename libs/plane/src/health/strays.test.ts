import { type Capabilities, type OutputLine, type ScriptStatus, type Session } from '@octo/kernel';
import { expect, test } from 'vitest';
import { type Stray } from '../model/stray.ts';
import { lookAt } from './strays.ts';

const stray: Stray = {
  ticket: 't',
  cursor: '5',
  workerId: 'Workers-1',
  taskId: 'ServerTasks-1',
  sinceMs: 0,
  why: '',
  isExclusive: false,
};
const line: OutputLine = { source: 'StdOut', atMs: 0, text: 'x' };
const complete = (
  end: 'exited' | 'stopped' | 'abandoned' | 'unknown' | 'unstarted',
  exitCode: number,
  detail?: string,
) =>
  // prettier-ignore
  ({ state: 'Complete', lines: [], next: '9', end, exitCode, ...(detail !== undefined && { detail }) }) as const;

/** A machine that answers so to each question, the last answer again and again. */
function machine(answers: readonly ScriptStatus[], startsOnce = true) {
  const asked: string[] = [];
  const session = {
    capabilities: async () => ({ startsOnce }) as Capabilities,
    cancel: async ({ ticket, handle }: { ticket: string; handle?: string }) =>
      void asked.push(`cancel ${handle ?? ticket}`),
    status: async (_: unknown, { after }: { after: string }) => {
      const answer = answers[Math.min(asked.filter((it) => it.startsWith('status')).length, answers.length - 1)];
      asked.push(`status ${after}`);
      return answer;
    },
  };
  return { asked, session: session as unknown as Session }; // the rest is not asked
}
const look = (session: Session, it: Stray = stray) => lookAt(session, it, AbortSignal.timeout(5_000), 0);

test.each([
  [complete('stopped', -1, 'all of it was seen dead'), true, 'all of it was seen dead'],
  [complete('exited', 3), true, 'it ended by itself, exit code 3'],
  [complete('unstarted', -43), true, 'it never started'],
  [complete('unstarted', -45), true, 'the machine knows nothing of it any more'],
  [complete('abandoned', -46, 'pid 7 may still run'), false, 'pid 7 may still run'],
  [complete('unknown', -46), false, 'the machine side does not know its end (exit code -46)'],
  [{ state: 'Running', lines: [], next: '9' } as const, false, 'it was asked to stop, and has not ended'],
  [{ state: 'Running', lines: [line], next: '9' } as const, false, 'it has written more than could be read now'],
])('a machine that says %j: gone is %s, because %s (R159)', async (answer, isGone, why) => {
  const { session, asked } = machine([answer]);
  expect(await look(session)).toEqual({ isGone, why, cursor: '9' });
  expect(asked).toEqual(['cancel t', 'status 5']);
});

test('what it wrote meanwhile is passed over, each page once, and it is asked for by the name that the machine gave it', async () => {
  const page: ScriptStatus = { state: 'Running', lines: [line], next: '7' };
  const { session, asked } = machine([page, complete('exited', 0)], false);
  const found = await lookAt(session, { ...stray, handle: 'h' }, AbortSignal.timeout(5_000));
  expect(found.isGone).toBe(true);
  expect(asked).toEqual(['cancel h', 'status 5', 'status 7']);
});

test('a machine that names its scripts itself, and has told no name, cannot be asked (script service v1)', async () => {
  const { session, asked } = machine([complete('unstarted', -45)], false);
  const why = 'this machine side has told no name of it to ask for';
  expect(await look(session)).toEqual({ isGone: false, why, cursor: '5' });
  expect(asked).toEqual([]);
});
