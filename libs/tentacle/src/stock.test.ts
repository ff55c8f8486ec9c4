import { type Call, OutgoingStream } from '@octo/halibut';
import { fakeClock, launchOf, textBytes } from '@octo/testkit';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { answered, callerOf, driven, incoming, lost, optionsOf, textStream } from './caller.fixture.ts';
import { openTentacleSession } from './session.ts';

// What is said to stock agents, and what is made of their answers (halibut.md 6, perf.md a6, a7).
const signal = new AbortController().signal;
const ticket = 't';
const now = { after: '', waitMs: 0 };

interface Ask extends Pick<Call, 'method'> {
  readonly service: string;
  /** The first parameter. */
  readonly it: Readonly<Record<string, unknown>>;
  /** How often this method was called before. */
  readonly before: number;
}
/** A session with a machine that offers some services and answers as told. */
function machine(names: readonly string[], answer: (ask: Ask) => unknown, isParallel = true) {
  const clock = fakeClock();
  const seen: Record<string, number> = {};
  const atMs: number[] = [];
  const caller = callerOf(({ service, method, params }) => {
    if (method === 'GetCapabilities') return { SupportedCapabilities: names };
    const before = seen[method] ?? 0;
    seen[method] = before + 1;
    if (method === 'GetStatus') atMs.push(clock.now());
    return answer({ service: service.name, method, it: params[0] as Ask['it'], before }); // params are ours
  }, isParallel);
  const options = optionsOf(caller, clock);
  const session = openTentacleSession(options);
  const asked = (method: string) => caller.calls.filter((call) => call.method === method);
  return { session, clock, caller, asked, atMs, logged: options.logged };
}
const status = (more: object = {}) => ({ Logs: [], NextLogSequence: 0, State: 1, ExitCode: 0, ...more });
const linesOf = (count: number, from = 1) =>
  Array.from({ length: count }, (_, n) => ({ Source: 0, Occurred: new Date(0), Text: String(from + n) }));
const isDone = (exitCode: number, more: object = {}) => status({ State: 2, ExitCode: exitCode, ...more });

describe('script service 2', () => {
  const V2 = ['IScriptServiceV2', 'IFileTransferService'];

  test('a start is repeated with the same ticket while the connection fails', async () => {
    const { session, clock, asked } = machine(V2, ({ before }) => {
      if (before < 2) throw lost();
      return status({ Logs: linesOf(2), NextLogSequence: 2 });
    });
    const { lines, next, state } = await driven(clock, session.start(ticket, launchOf('true'), signal));
    expect({ count: lines.length, next, state }).toEqual({ count: 2, next: '2', state: 'Running' });
    const tickets = asked('StartScript').map(({ params }) => (params[0] as { ScriptTicket: object }).ScriptTicket);
    expect(tickets).toEqual([{ TaskId: ticket }, { TaskId: ticket }, { TaskId: ticket }]);
  });

  test.each([
    [true, '00:00:00.1000000'],
    [false, '00:00:00.0300000'],
  ])('a start holds its connection for a moment only (parallel: %s)', async (isParallel, wait) => {
    const { session, asked } = machine(V2, () => status(), isParallel);
    await session.start(ticket, launchOf('true'), signal);
    expect(asked('StartScript')[0]?.params[0]).toMatchObject({ DurationToWaitForScriptToFinish: wait });
  });

  test.each([
    [true, 1_000],
    [false, 3_000],
  ])('without news it asks quickly at first and ever slower (parallel: %s)', async (isParallel, mostMs) => {
    const { session, clock, atMs } = machine(V2, () => status(), isParallel);
    await session.start(ticket, launchOf('true'), signal);
    await driven(clock, session.status({ ticket }, { after: '', waitMs: 60_000 }, signal));
    const gaps = atMs.slice(1).map((at, n) => at - (atMs[n] ?? 0));
    expect(gaps[0]).toBeLessThanOrEqual(100);
    expect(gaps.slice(0, -1)).toEqual(gaps.slice(0, -1).toSorted((a, b) => a - b));
    expect(Math.max(...gaps)).toBe(mostMs);
    expect(atMs.at(-1)).toBe(60_000);
  });

  test('what one answer brought and is more than a page comes in pages, asked for once, its end with the last', async () => {
    const { session, asked } = machine(V2, () => isDone(3, { Logs: linesOf(9_000), NextLogSequence: 9_000 }));
    const texts: string[] = [];
    for (let after = ''; ;) {
      const page = await session.status({ ticket }, { after, waitMs: 0 }, signal);
      texts.push(...page.lines.map((line) => line.text));
      expect(page.lines.length).toBeLessThan(5_000);
      after = page.next;
      if (page.state !== 'Complete') continue;
      expect(page).toMatchObject({ end: 'exited', exitCode: 3, next: '9000' });
      break;
    }
    expect(texts).toEqual(linesOf(9_000).map((line) => line.Text));
    expect(asked('GetStatus')).toHaveLength(1);
  });

  test('a cursor from before a kept page is asked of the machine', async () => {
    const { session, asked } = machine(V2, () => isDone(0, { Logs: linesOf(9_000), NextLogSequence: 9_000 }));
    const first = await session.status({ ticket }, now, signal);
    expect(await session.status({ ticket }, now, signal)).toEqual(first);
    expect(asked('GetStatus')).toHaveLength(2);
  });

  test('after our cancel the end is stopped, whatever its code; the cancel may be said again', async () => {
    const { session, asked } = machine(V2, ({ method }) => (method === 'GetStatus' ? isDone(137) : status()));
    await session.cancel({ ticket }, signal);
    await session.cancel({ ticket }, signal);
    expect(await session.status({ ticket }, now, signal)).toMatchObject({ end: 'stopped' });
    expect(asked('CancelScript')).toHaveLength(2);
  });

  test('scripts that nobody completes are forgotten, the one that was heard of longest ago first', async () => {
    const { session } = machine(V2, ({ method }) => (method === 'GetStatus' ? isDone(137) : status()));
    for (let n = 0; n <= 4_096; n++) await session.cancel({ ticket: `t${n}` }, signal);
    const endOf = async (name: string) => await session.status({ ticket: name }, now, signal);
    expect([await endOf('t0'), await endOf('t4096')]).toMatchObject([{ end: 'exited' }, { end: 'stopped' }]);
  });

  test('complete is said once; when it fails that is logged, and no more (6.1)', async () => {
    const { session, asked, logged } = machine(V2, () => {
      throw lost();
    });
    expect(await session.complete({ ticket }, '', signal)).toEqual([]);
    expect(asked('CompleteScript')).toHaveLength(1);
    expect(logged.join()).toMatch(/workspace of ticket t stays/);
  });

  test('the Kubernetes agent is spoken to in its own words (5.8)', async () => {
    const { session, asked } = machine(['IKubernetesScriptServiceV1'], () => status());
    await session.start(ticket, launchOf('true'), signal);
    await session.status({ ticket }, { after: '4', waitMs: 0 }, signal);
    await session.complete({ ticket }, '5', signal);
    const members = ['IsRawScript', 'ScriptBody', 'TaskId', 'ScriptTicket', 'Isolation', 'ScriptIsolationMutexTimeout', 'IsolationMutexName', 'PodImageConfiguration', 'Scripts', 'Files', 'Arguments', 'ScriptPodServiceAccountName', 'AuthContext', 'ScriptPodPlatform', 'CalamariImageConfiguration']; // prettier-ignore
    expect(Object.keys(asked('StartScript')[0]?.params[0] ?? {})).toEqual(members);
    expect(asked('GetStatus')[0]?.params).toEqual([{ ScriptTicket: { TaskId: ticket }, LastLogSequence: 4n }]);
    expect(asked('CompleteScript')[0]?.params).toEqual([{ ScriptTicket: { TaskId: ticket }, LastLogSequence: 5n }]);
  });
});

describe('script service 1', () => {
  const V1 = ['IScriptService', 'IFileTransferService'];
  const handle = '20260101000000-1-1';
  const v1 = (answer: (ask: Ask) => unknown) =>
    machine(V1, (ask) => (ask.method === 'StartScript' ? { TaskId: handle } : answer(ask)));

  test('a start is never repeated: a lost connection leaves it open whether it came', async () => {
    const { session, asked } = machine(V1, () => {
      throw lost();
    });
    await expect(session.start(ticket, launchOf('true'), signal)).rejects.toMatchObject({ started: 'maybe' });
    expect(asked('StartScript')).toHaveLength(1);
    expect((await session.capabilities(signal)).startsOnce).toBe(false);
  });

  test('the ticket of the agent is the handle, and everything is asked by it', async () => {
    const { session, asked } = v1(() => status({ Logs: linesOf(1), NextLogSequence: 1 }));
    expect(await session.start(ticket, launchOf('true'), signal)).toMatchObject({ state: 'Pending', handle });
    await session.status({ ticket }, now, signal);
    await session.cancel({ ticket, handle }, signal);
    const named = [...asked('GetStatus'), ...asked('CancelScript')].map(({ params }) => params[0]);
    expect(named).toMatchObject([{ Ticket: { TaskId: handle } }, { Ticket: { TaskId: handle } }]);
  });

  test('one start at a time and by ticket, as long as this process lives', async () => {
    const { session, asked } = v1(() => status());
    const starts = [1, 2, 3].map(() => session.start(ticket, launchOf('true'), signal));
    expect((await Promise.all(starts)).map((it) => it.handle)).toEqual([handle, handle, handle]);
    expect(asked('StartScript')).toHaveLength(1);
  });

  test('what came between the last answer and the end is fetched before the end is told (6.1)', async () => {
    const { session } = v1(({ before }) =>
      before === 0
        ? isDone(3, { Logs: linesOf(1), NextLogSequence: 1 })
        : isDone(3, { Logs: linesOf(1, 2), NextLogSequence: 2 }),
    );
    const { lines, ...end } = await session.status({ ticket, handle }, now, signal);
    expect(lines.map((line) => line.text)).toEqual(['1', '2']);
    expect(end).toMatchObject({ state: 'Complete', end: 'exited', exitCode: 3, next: '2' });
  });

  test('Complete with 0 and not one line is an agent that has forgotten, not a success (5.6)', async () => {
    const { session } = v1(() => isDone(0));
    const after = { after: '5', waitMs: 0 };
    expect(await session.status({ ticket, handle }, after, signal)).toMatchObject({ end: 'unknown', exitCode: -46 });
  });

  test('Complete with 0 and lines that were read before is a success', async () => {
    const { session } = v1(({ it }) =>
      isDone(0, it['LastLogSequence'] === 0n ? { Logs: linesOf(5), NextLogSequence: 5 } : { NextLogSequence: 5 }),
    );
    const after = { after: '5', waitMs: 0 };
    expect(await session.status({ ticket, handle }, after, signal)).toMatchObject({ end: 'exited', exitCode: 0 });
  });

  test('complete returns the lines that only it releases', async () => {
    const { session } = v1(() => isDone(0, { Logs: linesOf(1, 6), NextLogSequence: 6 }));
    expect((await session.complete({ ticket, handle }, '5', signal)).map((line) => line.text)).toEqual(['6']);
  });

  test('a ticket that nobody started is known to have never run, and is not asked about', async () => {
    const { session, caller } = v1(() => status());
    expect(await session.status({ ticket }, now, signal)).toMatchObject({ end: 'unstarted', exitCode: -45 });
    await session.cancel({ ticket }, signal);
    expect(await session.complete({ ticket }, '', signal)).toEqual([]);
    expect(caller.calls.map((call) => call.method)).toEqual(['GetCapabilities']);
  });

  test('a cancel that meets a failing start is quiet', async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    const { session } = machine(V1, () => promise);
    const start = session.start(ticket, launchOf('true'), signal);
    const cancel = session.cancel({ ticket }, signal);
    reject(lost());
    await expect(start).rejects.toMatchObject({ started: 'maybe' });
    await cancel;
  });
});

describe('file transfer', () => {
  const content = textBytes('hello');
  const sha1 = createHash('sha1').update('hello').digest('hex');
  /** A machine that stores what it is sent. */
  const storing = (result: (stored: string, attempt: number) => unknown) => {
    let stored = '';
    const made = machine(['IScriptServiceV2'], () => result(stored, made.asked('UploadFile').length));
    const { caller } = made;
    const call = caller.call.bind(caller);
    caller.call = async (it, signal) => {
      const [, stream] = it.params;
      if (stream instanceof OutgoingStream) {
        stored = '';
        for await (const chunk of stream.open(signal)) stored += Buffer.from(chunk).toString();
      }
      return call(it, signal);
    };
    return made;
  };
  const result = (more: object = {}) => ({ FullPath: '/home/a', Hash: sha1, Length: 5n, ...more });

  test('an upload that failed is sent again from its first byte, and answers with the full path', async () => {
    const stores: string[] = [];
    const { session, clock } = storing((stored, attempt) => {
      stores.push(stored);
      if (attempt === 1) throw lost();
      return result();
    });
    expect(await driven(clock, session.upload('a', content, signal))).toEqual({ path: '/home/a' });
    expect(stores).toEqual(['hello', 'hello']);
  });

  test.each([
    ['another hash', { Hash: '0'.repeat(40) }],
    ['another length', { Length: 4n }],
    ['nothing', { Hash: null, Length: 0n }],
  ])('an agent that stored %s has damaged it (5.7)', async (_what, more) => {
    const { session } = storing(() => result(more));
    await expect(session.upload('a', content, signal)).rejects.toMatchObject({ code: 'OCTO_TRANSPORT_DAMAGED' });
  });

  test('a hash in upper case is the same hash', async () => {
    const { session } = storing(() => result({ Hash: sha1.toUpperCase() }));
    expect(await session.upload('a', content, signal)).toEqual({ path: '/home/a' });
  });

  test.each([['../a'], ['a/../../b'], [String.raw`a\..\b`], ['a\0b']])('%j goes nowhere', async (path) => {
    const { session, caller } = storing(() => result());
    await expect(session.upload(path, content, signal)).rejects.toMatchObject({ code: 'OCTO_TENTACLE_PATH' });
    expect(caller.calls.some((call) => call.method === 'UploadFile')).toBe(false);
  });

  test('a download is opened from what came, then asked for again; what is not there is undefined', async () => {
    const { session, asked } = machine(['IScriptServiceV2'], ({ before }) =>
      before < 2 ? incoming(textStream('hello')) : null,
    );
    const found = await session.download('a', signal);
    const read = async (fromByte?: number) => {
      let text = '';
      for await (const chunk of found?.open(fromByte) ?? []) text += Buffer.from(chunk).toString();
      return text;
    };
    expect([found?.sizeBytes, await read(), asked('DownloadFile').length]).toEqual([5, 'hello', 1]);
    expect([await read(3), asked('DownloadFile').length]).toEqual(['lo', 2]);
    await expect(read()).rejects.toMatchObject({ code: 'OCTO_TRANSPORT_GONE' });
    expect(await session.download('a', signal)).toBeUndefined();
  });

  test('a file that the agent cannot read is said at once', async () => {
    const { session, caller } = machine(['IScriptServiceV2'], () => {
      throw answered('no access', 'System.IO.FileNotFoundException: no access');
    });
    await expect(session.download('a', signal)).rejects.toThrow('no access');
    expect(caller.calls).toHaveLength(2);
  });
});
