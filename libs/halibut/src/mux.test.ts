import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DEFAULT_LIMITS } from './limits.ts';
import { Mux } from './mux.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

/** Both ends of a connection through which nothing passes once it is `silent`, and neither end is told. */
function connected() {
  const link = { isSilent: false };
  const end = (): { readonly near: Duplex; readonly far: Duplex } => {
    const [near, far] = duplexPair();
    return { near, far };
  };
  const [calling, serving] = [end(), end()];
  const pump = (from: Duplex, to: Duplex) => from.on('data', (chunk: Buffer) => link.isSilent || to.write(chunk));
  pump(calling.far, serving.far);
  pump(serving.far, calling.far);
  const common = { limits: DEFAULT_LIMITS, ahead: Buffer.alloc(0) };
  const channels: Duplex[] = [];
  const server = new Mux(calling.near, { peer: 'agent', ...common });
  const agent = new Mux(serving.near, { peer: 'server', ...common, onChannel: (it) => void channels.push(it) });
  return { link, server, agent, channels, [Symbol.dispose]: () => [server, agent].forEach((it) => it.destroy()) };
}
/** What was sent has arrived: nothing but streams of this process is in between, and they take a few turns. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await nextTurn();
}
async function pass(seconds: number): Promise<void> {
  for (let n = 0; n < seconds * 5; n++) {
    vi.advanceTimersByTime(200);
    if (n % 5 === 0) await nextTurn();
  }
  await settled();
}

test('an idle connection is asked now and then, and stays', async () => {
  using it = connected();
  await pass(300);
  expect([it.server.closed.aborted, it.agent.closed.aborted]).toEqual([false, false]);
});

test('an idle connection that falls silent is given up by both ends, first by the one that can open another (H1)', async () => {
  using it = connected();
  await pass(60);
  it.link.isSilent = true;
  await pass(20);
  expect(it.agent.closed.aborted).toBe(true);
  await pass(16);
  expect(it.server.closed.aborted).toBe(true);
});

test('a call that waits for its answer notices silence within 5 s', async () => {
  using it = connected();
  const call = it.server.open();
  await settled();
  it.link.isSilent = true;
  const failed = once(call, 'error');
  await pass(5);
  await expect(failed).resolves.toMatchObject([{ code: 'OCTO_TRANSPORT_LOST' }]);
});

test('an end that has answered and is not heard any more does not wait for TCP: it comes back within 5 s', async () => {
  using it = connected();
  const call = it.server.open();
  call.end('question');
  await settled();
  const [channel] = it.channels;
  channel?.resume();
  it.link.isSilent = true; // the answer is on its way, and never arrives
  channel?.end('answer');
  await settled();
  expect(it.agent.load).toBe(0);
  await pass(5);
  expect(it.agent.closed.aborted).toBe(true);
});
