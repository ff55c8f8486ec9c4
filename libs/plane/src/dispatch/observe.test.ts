import { type ScriptStatus, type Session, TransportError } from '@octo/kernel';
import { Mask } from '@octo/variables';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LIMITS } from '../limits.ts';
import { type RunRecord } from '../model/run.ts';
import { TaskStop } from '../stop-reasons.ts';
import { observe } from './observe.ts';
import { Output } from './output.ts';
import { forget, type OnScript } from './worker.ts';

const record = { taskId: 'ServerTasks-1', action: 1, attempt: 1, key: '1', state: 'started', ticket: 't', cursor: '' };
const gone = () => new TransportError('OCTO_TRANSPORT_LOST', 'the machine is gone', { started: 'maybe' });
const running: ScriptStatus = { state: 'Running', lines: [], next: '' };
const stopped: ScriptStatus = { state: 'Complete', end: 'stopped', exitCode: -1, lines: [], next: '' };
/** As every transport does with a machine that says nothing. */
const hangs = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    if (signal.aborted) reject(signal.reason as Error);
  });

function observing(session: Partial<Session>, cancelMs = 200) {
  const said: string[] = [];
  const scribe = { line: (_id: string, category: string, text: string) => void said.push(`${category}: ${text}`), append: async () => {}, note() {} }; // prettier-ignore
  const clock = { now: Date.now, sleep: (ms: number, signal: AbortSignal) => sleep(ms / 50, undefined, { signal }) }; // prettier-ignore
  const output = new Output({ mask: new Mask([]), action: 1, actionName: 'A', activityId: '1/1', outputs: [] });
  const limits = { ...LIMITS, cancelMs };
  const observation = { session, scribe, clock, output, limits, waits: { show: async () => {} }, activityId: '1/1', workerName: 'm' }; // prettier-ignore
  const follow = (signal: AbortSignal, more: Partial<RunRecord> = {}, launch?: object) =>
    observe(observation as never, { ...record, ...more } as RunRecord, launch as never, signal); // the rest is not asked
  return { said, follow };
}

/** What a script that has begun comes to when its task is cancelled, and what the log says of it. */
async function cancelled(session: Partial<Session>, cancelMs?: number) {
  const { said, follow } = observing(session, cancelMs);
  const task = new AbortController();
  const end = follow(task.signal);
  task.abort(TaskStop.cancelled());
  return { ...(await end), said };
}

test.each([
  ['while its script runs', 'started', 'maybe', true],
  ['behind a start that may have arrived', 'prepared', 'maybe', true],
  ['before a start can have arrived', 'prepared', 'no', false],
] as const)('a machine that is lost %s: the log says what that means (R249)', async (_, state, started, isTold) => {
  const lost = () => Promise.reject(new TransportError('OCTO_TRANSPORT_LOST', 'gone', { started }));
  const { said, follow } = observing({ status: lost, start: lost });
  await expect(follow(AbortSignal.timeout(5_000), { state }, {})).rejects.toThrow('gone');
  const told = 'Abandoned: Lost m while it had the script: it may have ended, or still run there. Its output stays there under ticket t until it is cleaned up.'; // prettier-ignore
  expect(said).toEqual(isTold ? [told] : []);
});

test('a machine that does not answer to a cancel: the script is abandoned when its time is over, and no second time (R156)', async () => {
  const cancels: number[] = [];
  const cancel = (_: unknown, signal: AbortSignal) => {
    cancels.push(1);
    return hangs(signal);
  };
  const { end, said } = await cancelled({ status: (_s, _f, signal) => hangs(signal), cancel });
  expect(end).toBe('abandoned');
  expect(cancels).toHaveLength(1);
  expect(said.at(-1)).toBe('Abandoned: Abandoned the script on m: no end within 0.2 s after the cancel. It may still run.'); // prettier-ignore
});

test('a machine that cannot be reached is asked again until the time is over', async () => {
  let cancels = 0;
  const cancel = async () => {
    cancels++;
    throw gone();
  };
  expect(await cancelled({ status: (_s, _f, signal) => hangs(signal), cancel })).toMatchObject({ end: 'abandoned' });
  expect(cancels).toBeGreaterThan(2);
});

test('one that comes back in time ends the script, however often it was away meanwhile (R155)', async () => {
  const answers = [gone(), gone(), gone(), gone(), undefined];
  let asked = 0;
  const flaky = async () => {
    const answer = answers[asked++ % answers.length];
    if (answer) throw answer;
  };
  const status = async (_s: unknown, _f: unknown, signal: AbortSignal) => {
    if (asked === 0) return hangs(signal);
    await flaky();
    return asked > 12 ? stopped : running;
  };
  const { end, said } = await cancelled({ status, cancel: flaky }, 10_000);
  expect(end).toBe('stopped');
  expect(said).toEqual(['Info: Asking m to stop the script', 'Info: Stopped the script on m']);
});

test('an end says how far the output was read, and under which name the machine knows the script', async () => {
  const status = async (): Promise<ScriptStatus> => ({ ...stopped, next: '7', handle: 'h' });
  expect(await cancelled({ status, cancel: async () => {} })).toMatchObject({ cursor: '7', handle: 'h' });
});

test.each([
  ['is gone', async () => Promise.reject(gone())],
  ['says nothing', (_ref: unknown, _after: unknown, signal: AbortSignal) => hangs(signal)],
])(
  'a machine that %s when it is to clean up changes nothing of what its script has come to (R150)',
  async (_, complete) => {
    const said: string[] = [];
    const noted: object[] = [];
    const scribe = { line: (_id: string, _category: string, text: string) => void said.push(text), note: (change: object) => void noted.push(change) }; // prettier-ignore
    const waits = { during: (_id: string, _kind: string, _what: string, act: () => Promise<unknown>) => act() };
    const room = { limits: { ...LIMITS, completeMs: 100 }, scribe, waits };
    const on = { room, session: { complete }, activityId: '1/1', worker: { name: 'm' } };
    const finished = { ...record, end: 'exited', exitCode: 3, result: { hasErrors: false, outputs: [['a', 'b']] } };
    const result = await forget(on as never as OnScript, finished as never as RunRecord, AbortSignal.timeout(10_000)); // the rest is not asked
    expect(result).toMatchObject({ end: 'exited', exitCode: 3, outputs: new Map([['a', 'b']]) });
    expect(said).toEqual(['m was not reached to clean up; it does so by itself later']);
    expect(noted).toMatchObject([{ state: 'ended' }]);
  },
);

test('what only the end of a script releases is in the log (script service v1)', async () => {
  const said: string[] = [];
  const scribe = { line: (_id: string, _category: string, text: string) => void said.push(text), note() {} };
  const waits = { during: (_id: string, _kind: string, _what: string, act: () => Promise<unknown>) => act() };
  const complete = async () => [{ source: 'StdOut', atMs: 0, text: 'the last line' }];
  const on = { room: { limits: LIMITS, scribe, waits }, session: { complete }, activityId: '1/1', worker: { name: 'm' } }; // prettier-ignore
  await forget(on as never as OnScript, record as RunRecord, AbortSignal.timeout(10_000)); // as above
  expect(said).toEqual(['the last line']);
});
