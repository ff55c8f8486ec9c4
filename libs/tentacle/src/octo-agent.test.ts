import { type Agent } from '@octo/agent';
import { type Bytes, ConflictError, InputError, type Launch, OctoError, TransportError } from '@octo/kernel';
import { fakeClock, launchOf, realClock, textBytes } from '@octo/testkit';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { tentacleServices } from './agent/index.ts';
import { callerOn, driven, type FakeCaller, lost, optionsOf } from './caller.fixture.ts';
import { openTentacleSession } from './session.ts';

// Our own service: what a session of the kernel is asked and answers is what the machine side is asked and answers.
const signal = new AbortController().signal;
const RUNNING = { state: 'Running', lines: [], next: '0' } as const;

function machine(agent: Partial<Agent>, clock = realClock) {
  const services = tentacleServices({ agent: agent as Agent, clock, name: 'octo agent 9', home: '/' }); // the rest is not asked
  const caller = callerOn(services);
  const options = optionsOf(caller, clock);
  return { caller, session: openTentacleSession(options), logged: options.logged };
}
async function textOf(content: Bytes | undefined, fromByte?: number): Promise<string> {
  let text = '';
  for await (const chunk of content?.open(fromByte) ?? []) text += Buffer.from(chunk).toString();
  return text;
}

test('a launch arrives as it was sent, its files to be read', async () => {
  const full: Launch = {
    taskId: 'ServerTasks-1',
    body: { bash: 'echo b', powershell: 'echo p' },
    arguments: ['x y', '', '"'],
    isolation: { exclusive: true, mutex: 'm', timeoutMs: 1_500 },
    limits: { timeMs: 1, outputBytes: 2 ** 40, diskBytes: 3 },
    fence: 7,
  };
  const keys = { ...textBytes('secret'), sha256: createHash('sha256').update('secret').digest('hex') };
  const files = [
    { name: 'deep/a', content: textBytes('one') },
    { name: 'keys', content: keys, secret: true },
  ];
  const seen: unknown[] = [];
  const start: Agent['start'] = async (ticket, { files: came = [], ...launch }) => {
    const texts = [];
    for (const { name, secret, content } of came)
      texts.push([name, secret, content.sizeBytes, content.sha256, await textOf(content)]);
    seen.push(ticket, launch, texts);
    return RUNNING;
  };
  const { session } = machine({ start });
  expect(await session.start('t', { ...full, files }, signal)).toEqual(RUNNING);
  const texts = [
    ['deep/a', false, 3, undefined, 'one'],
    ['keys', true, 6, keys.sha256, 'secret'],
  ];
  expect(seen).toEqual(['t', full, texts]);

  seen.length = 0;
  await session.start('t', launchOf('true'), signal);
  expect(seen[1]).toEqual({ ...launchOf('true'), arguments: [] });
});

const lines = [
  { source: 'StdOut', atMs: 1, text: 'ü🐙' },
  { source: 'StdErr', atMs: 2 ** 41, text: '', continues: true },
  { source: 'Debug', atMs: 3, text: 'x' },
] as const;
test.each([
  { state: 'Running', lines, next: 'anything' } as const,
  { state: 'Pending', lines: [], next: '' } as const,
  { state: 'Pending', lines: [], next: '1', blocked: { mutex: 'm', byTasks: ['a', 'b'], forMs: 3 } } as const,
  { state: 'Pending', lines, next: '1', blocked: { mutex: 'm', byTasks: [], forMs: 3, limitMs: 4 } } as const,
  { state: 'Complete', lines, next: '3', end: 'exited', exitCode: -1 } as const,
  { state: 'Complete', lines: [], next: '3', end: 'abandoned', exitCode: -46, detail: 'it was not seen' } as const,
])('a status arrives as it was answered: %j', async (status) => {
  const { session } = machine({ status: async () => status });
  expect(await session.status({ ticket: 't' }, { after: '', waitMs: 0 }, signal)).toEqual(status);
});

test('capabilities arrive as they were said, in one round trip once the agent is known', async () => {
  const all = { startsOnce: true, shells: ['bash'], node: '/n', platform: 'linux-x64', limits: true, scriptsRunAs: 'you' } as const; // prettier-ignore
  const { session, caller } = machine({ capabilities: async (agent) => ({ agent, ...all }) });
  await session.capabilities(signal);
  expect(await session.capabilities(signal)).toEqual({ agent: 'octo agent 9', ...all });
  expect(caller.calls.map((call) => call.method)).toEqual(['GetCapabilities', 'Capabilities', 'Capabilities']);
});

test('a question stays with the agent until there is news: less long where only it notices a dead connection, not at all where it would hold up others (H1)', async () => {
  const waits: unknown[] = [];
  const status: Agent['status'] = async (_script, { after, waitMs }) => {
    waits.push([after, waitMs]);
    return { ...RUNNING, lines: [lines[0]] };
  };
  const { session, caller } = machine({ status });
  await session.status({ ticket: 't' }, { after: '4', waitMs: 600_000 }, signal);
  Object.assign(caller, { noticesSilence: true });
  await session.status({ ticket: 't' }, { after: '', waitMs: 600_000 }, signal);
  Object.assign(caller, { noticesSilence: false, isParallel: false });
  await session.status({ ticket: 't' }, { after: '', waitMs: 5_000 }, signal);
  expect(waits).toEqual([
    ['4', 1_800],
    ['', 5_000],
    ['', 0],
  ]);
});

describe('errors', () => {
  test.each([
    new TransportError('OCTO_TRANSPORT_FENCED', 'a', { started: 'no', hint: 'stop' }),
    new TransportError('OCTO_TRANSPORT_DISK_FULL', 'b', { started: 'maybe' }),
    new InputError('OCTO_AGENT_PATH', 'c', { hint: 'use another' }),
    new ConflictError('OCTO_AGENT_NUL', 'd'),
    new OctoError('OCTO_AGENT_ELSE', 'e'),
  ])('a refusal comes back as what it was: $kind $code', async (error) => {
    const { session, caller } = machine({ start: () => Promise.reject(error) });
    const { kind, code, message, hint } = error;
    const { started } = error as Partial<TransportError>;
    const heard = await session.start('t', launchOf('true'), signal).catch((it: unknown) => it);
    expect(heard).toMatchObject({ kind, code, message, hint, ...(started && { started }) });
    expect(caller.calls.filter((call) => call.method === 'Start')).toHaveLength(1);
  });

  test('an agent that is closing is asked again: the next one knows the ticket', async () => {
    let asked = 0;
    const closed = new TransportError('OCTO_TRANSPORT_CLOSED', 'closed', { started: 'maybe' });
    const status = async () => {
      if (++asked === 1) throw closed;
      return RUNNING;
    };
    const clock = fakeClock();
    const { session } = machine({ status }, clock);
    const from = { after: '', waitMs: 0 };
    expect(await driven(clock, session.status({ ticket: 't' }, from, signal))).toEqual(RUNNING);
    expect(asked).toBe(2);
  });

  test('a fault of the machine side is none of its refusals', async () => {
    const { session } = machine({ cancel: () => Promise.reject(new Error('a bug')) });
    await expect(session.cancel({ ticket: 't' }, signal)).rejects.toMatchObject({ code: 'OCTO_TRANSPORT_REMOTE' });
  });
});

describe('files', () => {
  test('a download is read from the byte that is asked for, as often as need be', async () => {
    const download = async (path: string): Promise<Bytes | undefined> => {
      const text = path === 'a' ? 'abcdef' : undefined;
      const open = (fromByte = 0) => textBytes((text ?? '').slice(fromByte)).open();
      return text === undefined ? undefined : { sizeBytes: 6, open };
    };
    const { session } = machine({ download });
    const found = await session.download('a', signal);
    expect([found?.sizeBytes, await textOf(found), await textOf(found, 4), await textOf(found, 6)]).toEqual([
      6,
      'abcdef',
      'ef',
      '',
    ]);
    expect(await session.download('b', signal)).toBeUndefined();
  });

  /** Loses the connection in the middle of the first upload. */
  function cutting(caller: FakeCaller): void {
    const call = caller.call.bind(caller);
    let cuts = 0;
    caller.call = async (it, signal) => {
      if (it.method !== 'Upload' || cuts++ > 0) return call(it, signal);
      throw lost();
    };
  }

  test('an upload that was cut goes on where it was, and says how far it is of the whole', async () => {
    const clock = fakeClock();
    const content = { ...textBytes('abcdef'), sha256: createHash('sha256').update('abcdef').digest('hex') };
    let kept = 0;
    const came: string[] = [];
    const upload: Agent['upload'] = async (path, whole) => {
      came.push(await textOf(whole, kept));
      return { path: `/root/${path}` };
    };
    const { session, caller, logged } = machine({ uploadedBytes: async () => kept, upload }, clock);
    cutting(caller);
    const work = session.upload('a', content, signal);
    kept = 4; // what came before the cut
    expect(await driven(clock, work)).toEqual({ path: '/root/a' });
    expect(came).toEqual(['ef']);
    expect(logged.join()).toMatch(/the upload of a to a machine goes on in 1 s/);
  });
});
