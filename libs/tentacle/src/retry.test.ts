import { type Call, type ServerError } from '@octo/halibut';
import { TransportError } from '@octo/kernel';
import { fakeClock } from '@octo/testkit';
import { expect, test } from 'vitest';
import { answered, callerOf, driven, lost, noService } from './caller.fixture.ts';
import { FILES, SCRIPTS_V2 } from './contracts.ts';
import { hear, isRefusal, tell } from './refusals.ts';
import { callAgain } from './retry.ts';

// halibut.md 6.4, R117.
const signal = new AbortController().signal;
const GET_STATUS: Call = { service: SCRIPTS_V2, method: 'GetStatus', params: [] };

/** What came of a call of 60 s in all, and when it was tried. */
async function tryOn(answer: (attempt: number, signal: AbortSignal) => unknown, call = GET_STATUS) {
  const clock = fakeClock();
  const [atS, logged]: [number[], string[]] = [[], []];
  const caller = callerOf((_call, signal) => {
    atS.push(clock.now() / 1_000);
    return answer(atS.length, signal);
  });
  const retrying = { clock, totalMs: 60_000, log: (text: string) => void logged.push(text), isFinal: isRefusal, hear };
  const work = callAgain(caller, call, retrying, signal);
  const result = await driven(clock, work).catch((error: unknown) => error);
  return { result, atS, logged, endS: clock.now() / 1_000 };
}
const hangs = (_attempt: number, signal: AbortSignal) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
const fails = (error: unknown) => () => {
  throw error;
};

test('tries come 1, 2, … 10 s apart, and end when the next would have less than a second', async () => {
  const { atS, logged, result } = await tryOn(fails(lost('no')));
  expect(atS).toEqual([0, 1, 3, 6, 10, 15, 21, 28, 36, 45, 55]);
  expect(logged[1]).toBe('the connection broke (no); trying again in 2 s, for 59 s more');
  expect(result).toMatchObject({ code: 'OCTO_TRANSPORT_BROKEN', started: 'no' });
});

test('one try that may have been carried out makes it maybe, whatever the last one says', async () => {
  const { result } = await tryOn((attempt) => fails(lost(attempt === 1 ? 'maybe' : 'no'))());
  expect(result).toMatchObject({ kind: 'TransportError', code: 'OCTO_TRANSPORT_BROKEN', started: 'maybe' });
});

test('a later try is cut off when the time is over, and the last real failure is told', async () => {
  const { result, endS, atS } = await tryOn((attempt, signal) =>
    attempt === 1 ? fails(lost('no'))() : hangs(attempt, signal),
  );
  expect({ atS, endS }).toEqual({ atS: [0, 1], endS: 60 });
  expect(result).toMatchObject({ message: 'the connection broke (no)', started: 'no' });
});

test('a transfer is not cut off', async () => {
  const upload: Call = { service: FILES, method: 'UploadFile', params: [] };
  const clockless = tryOn(
    (attempt, signal) => (attempt === 1 ? fails(lost())() : Promise.race([hangs(attempt, signal), later()])),
    upload,
  );
  expect((await clockless).result).toBe('came');
});
/** After many turns of the fake clock, each of which is 100 ms. */
async function later(): Promise<string> {
  for (let turn = 0; turn < 3_000; turn++) await new Promise((resolve) => setImmediate(resolve));
  return 'came';
}

test.each([
  ['a wrong certificate', lost('no', false)],
  ['a service that is not there', noService('IScriptServiceV2')],
  ['an exception inside the service', answered('x', 'System.Reflection.TargetInvocationException: Exception has been thrown by the target of an invocation.')], // prettier-ignore
  ['a file that is not there', answered('x', 'System.IO.FileNotFoundException: x')],
])('%s is not tried again', async (_what, error) => {
  expect(await tryOn(fails(error))).toMatchObject({ atS: [0], result: error });
});

test('an answer that nobody knows is tried again, as the real client does', async () => {
  const { atS, result } = await tryOn((attempt) => (attempt < 3 ? fails(answered('?', 'System.Exception: ?'))() : 1));
  expect({ atS, result }).toEqual({ atS: [0, 1, 3], result: 1 });
});

const fenced = new TransportError('OCTO_TRANSPORT_FENCED', 'fence 2 came after 3', { started: 'no', hint: 'stop' });
const refusal = () => {
  const { message, details, errorType } = tell(fenced) as ServerError;
  return answered(message, details, errorType);
};

test('a refusal of our own agent is final, and keeps its code, hint and promise', async () => {
  const { atS, result } = await tryOn(fails(refusal()));
  expect(atS).toEqual([0]);
  expect(result).toMatchObject({
    kind: 'TransportError',
    code: 'OCTO_TRANSPORT_FENCED',
    message: 'fence 2 came after 3',
    hint: 'stop',
    started: 'no',
  });
});

test('a refusal after a try that may have arrived promises nothing', async () => {
  const { result } = await tryOn((attempt) => fails(attempt === 1 ? lost('maybe') : refusal())());
  expect(result).toMatchObject({ code: 'OCTO_TRANSPORT_FENCED', hint: 'stop', started: 'maybe' });
});

test('an abort ends the tries with its reason', async () => {
  const stop = new AbortController();
  const clock = fakeClock();
  const caller = callerOf(fails(lost()));
  const retrying = { clock, totalMs: 60_000, log: () => stop.abort(new Error('no patience')) };
  await expect(callAgain(caller, GET_STATUS, retrying, stop.signal)).rejects.toThrow('no patience');
  expect(caller.calls).toHaveLength(1);
});
