import { connect } from 'node:net';
import { duplexPair } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type Caller } from './contract.ts';
import { Echo, ECHO, hashOf, hostOf, identityOf, sha1OfZeros, side, soon, zeros } from './halibut.fixture.ts';
import { type IncomingStream } from './incoming.ts';
import { type HalibutLimits } from './limits.ts';
import { OutgoingStream } from './outgoing.ts';

interface Pair extends AsyncDisposable {
  readonly caller: Caller;
  readonly echo: Echo;
  readonly connections: () => number;
}
const SUBSCRIPTION = 'poll://abcdefghijk/';

async function listening(limits: Partial<HalibutLimits> = {}): Promise<Pair> {
  const [server, agent] = [await side('server', limits), await side('agent', limits)];
  const echo = new Echo();
  const clients = { isTrusted: (t: string) => t === server.identity.thumbprint, services: hostOf(echo) };
  const listener = await agent.listen({ host: '127.0.0.1', port: 0, clients });
  const caller = server.caller({ host: '127.0.0.1', port: listener.port, thumbprint: agent.identity.thumbprint });
  return {
    caller,
    echo,
    connections: () => 1,
    async [Symbol.asyncDispose]() {
      await caller[Symbol.asyncDispose]();
      await listener[Symbol.asyncDispose]();
    },
  };
}

async function polling(limits: Partial<HalibutLimits>, offersMux: boolean, connections = 1): Promise<Pair> {
  const [server, agent] = [await side('server', limits), await side('agent', limits)];
  const echo = new Echo();
  const subscription = server.subscription(SUBSCRIPTION);
  const find = async (uri: string, thumbprint: string) =>
    uri === SUBSCRIPTION && thumbprint === agent.identity.thumbprint ? { subscription } : undefined;
  const listener = await server.listen({ host: '127.0.0.1', port: 0, subscribers: { find } });
  const stop = new AbortController();
  const { thumbprint } = server.identity;
  const to = { host: '127.0.0.1', port: listener.port, thumbprint, subscription: SUBSCRIPTION };
  const polls = agent.poll({ ...to, connections, offersMux, services: hostOf(echo) }, stop.signal);
  return {
    caller: subscription,
    echo,
    connections: () => subscription.connections,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await polls;
      await subscription[Symbol.asyncDispose]();
      await listener[Symbol.asyncDispose]();
    },
  };
}

const MODES = [
  ['listening', (limits = {}) => listening(limits)],
  ['polling', (limits = {}) => polling(limits, false)],
  ['polling, multiplexed', (limits = {}) => polling(limits, true)],
] as const satisfies readonly [string, (limits?: Partial<HalibutLimits>) => Promise<Pair>][];

describe.each(MODES)('%s', (mode, make) => {
  const say = (to: Caller, word: unknown) => to.call({ service: ECHO, method: 'Say', params: [word] }, soon());

  test('calls go out and answers come back, many in a row and many at once', async () => {
    await using pair = await make();
    for (let n = 0; n < 20; n++) expect(await say(pair.caller, `call ${n}`)).toBe(`call ${n}...`);
    const all = await Promise.all(Array.from({ length: 20 }, (_, n) => say(pair.caller, String(n))));
    expect(all).toEqual(Array.from({ length: 20 }, (_, n) => `${n}...`));
  });

  test.each([64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 20_000_000])(
    'a text of %d characters travels (10.2, 7)',
    async (size) => {
      await using pair = await make();
      const text = 'x1'.repeat(size / 2);
      expect(((await say(pair.caller, text)) as string).length).toBe(text.length + 3);
    },
  );

  test.each([0, 1, 65_535, 65_536, 10_000_000])(
    '%d bytes travel beside a message, both ways (10.2, 14)',
    async (size) => {
      await using pair = await make();
      const progress: number[] = [];
      const params = [zeros(size, (sent) => progress.push(sent))];
      expect(await pair.caller.call({ service: ECHO, method: 'Hash', params }, soon())).toBe(sha1OfZeros(size));
      expect(progress.at(-1) ?? 0).toBe(size);
      const stream = (await pair.caller.call(
        { service: ECHO, method: 'Bytes', params: [String(size)] },
        soon(),
      )) as IncomingStream;
      expect(await hashOf(stream.read(soon()))).toBe(sha1OfZeros(size));
      expect(await say(pair.caller, 'after')).toBe('after...');
    },
  );

  test.each(['0,1', '1,0', '1', '', '0'])(
    'two streams are read in the order %j, and what is left is passed over',
    async (order) => {
      await using pair = await make();
      const sizes = [3_000_000, 70_000];
      const Files = sizes.map((size) => ({ Contents: zeros(size) }));
      const params = [{ Order: order, Files }];
      const hashes = order.split(',').filter(Boolean).map((at) => sha1OfZeros(sizes[Number(at)] ?? 0)); // prettier-ignore
      expect(await pair.caller.call({ service: ECHO, method: 'Pair', params }, soon())).toBe(hashes.join(' '));
      expect(await say(pair.caller, 'after')).toBe('after...');
    },
  );

  test('a result whose stream nobody reads does not stop the next call', async () => {
    await using pair = await make();
    const stream = (await pair.caller.call(
      { service: ECHO, method: 'Bytes', params: ['5000000'] },
      soon(),
    )) as IncomingStream;
    await stream[Symbol.asyncDispose]();
    expect(await say(pair.caller, 'after')).toBe('after...');
  });

  test('an error of the service comes back, and the connection goes on (3.10)', async () => {
    await using pair = await make();
    const failing = pair.caller.call({ service: ECHO, method: 'Fail', params: [] }, soon());
    await expect(failing).rejects.toMatchObject({
      code: 'OCTO_TRANSPORT_REMOTE',
      failure: 'thrown',
      isRetryable: false,
    });
    const unknown = { name: 'INobody', methods: ECHO.methods };
    await expect(pair.caller.call({ service: unknown, method: 'Fail', params: [] }, soon())).rejects.toMatchObject({
      failure: 'no-such-service',
    });
    const more = { name: ECHO.name, methods: { Sing: { params: [], result: { kind: 'nothing' } } } } as const;
    await expect(pair.caller.call({ service: more, method: 'Sing', params: [] }, soon())).rejects.toMatchObject({
      failure: 'no-such-method',
    });
    const odd = { name: ECHO.name, methods: { Say: { params: [], result: { kind: 'text' } } } } as const;
    await expect(pair.caller.call({ service: odd, method: 'Say', params: [] }, soon())).rejects.toMatchObject({
      failure: 'ambiguous',
    });
    expect(await say(pair.caller, 'after')).toBe('after...');
  });

  test('an aborted call ends with the reason, the service hears of it, and the next one works', async () => {
    await using pair = await make();
    await say(pair.caller, 'before');
    const stop = new AbortController();
    const waiting = pair.caller.call({ service: ECHO, method: 'Wait', params: ['a'] }, stop.signal);
    await expect.poll(() => pair.echo.asked.includes('Wait')).toBe(true);
    const heard = pair.echo.context?.signal;
    stop.abort(new Error('no patience'));
    await expect(waiting).rejects.toThrow('no patience');
    expect(await say(pair.caller, 'after')).toBe('after...');
    await expect.poll(() => heard?.aborted).toBe(true);
  });

  test('a source that is shorter than it promised fails the call; the peer is not left guessing', async () => {
    await using pair = await make();
    const liar = new OutgoingStream(20, zeros(10).open);
    await expect(pair.caller.call({ service: ECHO, method: 'Hash', params: [liar] }, soon())).rejects.toMatchObject({
      code: 'OCTO_TRANSPORT_DAMAGED',
    });
    expect(await say(pair.caller, 'after')).toBe('after...');
  });

  test.runIf(mode !== 'polling')('a long call holds up no other', async () => {
    await using pair = await make();
    await say(pair.caller, 'before');
    expect(pair.caller.isParallel).toBe(true);
    const waiting = pair.caller.call({ service: ECHO, method: 'Wait', params: ['long'] }, soon());
    for (let n = 0; n < 5; n++) expect(await say(pair.caller, 'short')).toBe('short...');
    pair.echo.release('long');
    expect(await waiting).toBe('long');
  });
});

test('several polling connections take several calls at once (10.2, 17)', async () => {
  await using pair = await polling({}, false, 3);
  await expect.poll(() => pair.connections()).toBe(3);
  const words = ['a', 'b', 'c'];
  const waiting = words.map((word) => pair.caller.call({ service: ECHO, method: 'Wait', params: [word] }, soon()));
  await expect.poll(() => pair.echo.asked.length).toBe(3);
  for (const word of words) pair.echo.release(word);
  expect(await Promise.all(waiting)).toEqual(words);
});

test('an idle polling connection is told that there is nothing, and lives on (10.2, 17)', async () => {
  await using pair = await polling({ queueWaitMs: 20, pollRequestMs: 2_000 }, false);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(pair.connections()).toBe(1);
  expect(await pair.caller.call({ service: ECHO, method: 'Say', params: ['hi'] }, soon())).toBe('hi...');
});

test('a call that no agent collects fails as never started (R132; 10.2, 19)', async () => {
  const server = await side('server', { pickUpMs: 30 });
  await using subscription = server.subscription(SUBSCRIPTION);
  await expect(subscription.call({ service: ECHO, method: 'Say', params: [''] }, soon())).rejects.toMatchObject({
    code: 'OCTO_TRANSPORT_NOT_COLLECTED',
    started: 'no',
  });
});

test('a pooled connection that the agent closed meanwhile costs no failure, and the call runs once (10.2, 16)', async () => {
  await using pair = await listening({ nextMs: 40 });
  const say = () => pair.caller.call({ service: ECHO, method: 'Say', params: ['x'] }, soon());
  await say();
  await new Promise((resolve) => setTimeout(resolve, 120));
  await say();
  expect(pair.echo.asked).toEqual(['Say', 'Say']);
});

test('pooled connections whose peer fell silent cost one wait for all of them, and the call runs once', async () => {
  await using pair = await listening();
  const { host: at } = new URL(pair.caller.name);
  const line = { isSilent: false, opened: 0 };
  const dial = async () => {
    const [near, far] = duplexPair();
    const tcp = connect(Number(at.split(':')[1]), '127.0.0.1');
    const isSilent = line.isSilent; // those that are opened later are well
    line.opened++;
    tcp.on('data', (chunk) => void ((line.isSilent && !isSilent) || far.write(chunk))).on('error', () => {});
    far.on('data', (chunk: Buffer) => void ((line.isSilent && !isSilent) || tcp.write(chunk)));
    near.on('close', () => tcp.destroy());
    return near;
  };
  const server = await side('server');
  const { thumbprint } = await identityOf('agent');
  const target = { host: '127.0.0.1', port: 1, thumbprint, dial };
  await using caller = server.caller(target, { pooledProbeMs: 100 });
  const say = () => caller.call({ service: ECHO, method: 'Say', params: ['x'] }, soon());
  await Promise.all([say(), say(), say()]);
  const before = line.opened;
  line.isSilent = true;
  const begin = performance.now();
  await say();
  expect(performance.now() - begin).toBeGreaterThanOrEqual(95);
  expect(line.opened).toBe(before + 1);
  await say();
  expect(line.opened).toBe(before + 1); // nobody asks the others any more
  expect(pair.echo.asked).toHaveLength(5);
});

test('a listening service that does not trust us, or has another certificate, gets no call (10.2, 18)', async () => {
  await using pair = await listening();
  const stranger = await side('stranger');
  const { thumbprint } = await identityOf('agent');
  const port = Number(new URL(pair.caller.name).port);
  await using refused = stranger.caller({ host: '127.0.0.1', port, thumbprint });
  const call = { service: ECHO, method: 'Say', params: ['x'] };
  await expect(refused.call(call, soon())).rejects.toMatchObject({ code: 'OCTO_TRANSPORT_NOT_TRUSTED', started: 'no' });
  const server = await side('server');
  await using wrong = server.caller({ host: '127.0.0.1', port, thumbprint: thumbprint.replace(/./g, 'A') });
  const failing = wrong.call(call, soon());
  await expect(failing).rejects.toMatchObject({ code: 'OCTO_TRANSPORT_THUMBPRINT', started: 'no', isRetryable: false });
  await expect(failing).rejects.toThrow(thumbprint);
  expect(pair.echo.asked).toEqual([]);
});

test('what answers at an address is found out without trust (1.5)', async () => {
  await using pair = await listening();
  const server = await side('server');
  const port = Number(new URL(pair.caller.name).port);
  const found = await server.discover({ host: '127.0.0.1', port }, soon());
  expect(found.thumbprint).toBe((await identityOf('agent')).thumbprint);
});

test('a peer that refuses the connection is tried again as often as it should, and the log hears of it (R126)', async () => {
  const server = await side('server', { connectAttempts: 3 });
  const heard: string[] = [];
  const to = { host: '127.0.0.1', port: 1, thumbprint: 'A'.repeat(40) };
  await using caller = server.caller(to);
  const onRetry = (text: string) => heard.push(text);
  await expect(caller.call({ service: ECHO, method: 'Say', params: ['x'], onRetry }, soon())).rejects.toMatchObject({
    code: 'OCTO_TRANSPORT_UNREACHABLE',
    started: 'no',
  });
  expect(heard.map((text) => text.slice(0, 21))).toEqual(['connection try 2 of 3', 'connection try 3 of 3']);
});

test('a connection that lay idle carries a long call, and its silence before does not count against it', async () => {
  await using pair = await polling({}, true);
  const say = () => pair.caller.call({ service: ECHO, method: 'Say', params: ['x'] }, soon());
  await say();
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const waiting = pair.caller.call({ service: ECHO, method: 'Wait', params: ['long'] }, soon());
  await new Promise((resolve) => setTimeout(resolve, 3_000)); // long enough to be asked whether it lives
  pair.echo.release('long');
  expect(await waiting).toBe('long');
  expect(pair.connections()).toBe(1);
}, 15_000);
