import { once } from 'node:events';
import { connect } from 'node:net';
import { duplexPair } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { type Call } from './contract.ts';
import { Echo, ECHO, hostOf, identityOf, side, soon } from './halibut.fixture.ts';

const PROBE: Call = { service: ECHO, method: 'Say', params: ['there?'] };
const WAIT: Call = { service: ECHO, method: 'Wait', params: ['long'] };

/** A listening service behind a network that can swallow everything, on old connections and on new ones, or on new ones alone. */
async function behindNetwork() {
  await using stack = new AsyncDisposableStack();
  const [server, agent] = [await side('server'), await side('agent')];
  const echo = new Echo();
  const clients = { isTrusted: (it: string) => it === server.identity.thumbprint, services: hostOf(echo) };
  const listener = stack.use(await agent.listen({ host: '127.0.0.1', port: 0, clients }));
  const network = { isSilent: false, takesNew: true };
  let dialled = 0;
  const dial = async () => {
    const [near, far] = duplexPair();
    const tcp = connect(listener.port, '127.0.0.1');
    const { takesNew: isTaken } = network;
    const passes = () => isTaken && !network.isSilent;
    tcp.on('data', (chunk) => !passes() || far.write(chunk)).on('error', () => {});
    far.on('data', (chunk: Buffer) => !passes() || tcp.write(chunk));
    near.on('close', () => tcp.destroy());
    dialled++;
    await once(tcp, 'connect');
    return near;
  };
  const { thumbprint } = await identityOf('agent');
  const caller = stack.use(server.caller({ host: '127.0.0.1', port: 1, thumbprint, dial }, { lookMs: 60 }));
  const kept = stack.move();
  return { network, echo, caller, dialled: () => dialled, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

test('a call that takes long is waited for as long as its peer answers beside it (H1)', async () => {
  await using it = await behindNetwork();
  const waiting = it.caller.call({ ...WAIT, probe: PROBE }, soon());
  const asked = () => it.echo.asked.filter((method) => method === 'Say').length;
  await vi.waitFor(() => expect(asked()).toBeGreaterThan(3), 5_000); // more looks than it takes to be given up
  it.echo.release('long');
  expect(await waiting).toBe('long');
});

test('when nothing is heard beside it either, the peer is given up, and so is what was pooled (H1)', async () => {
  await using it = await behindNetwork();
  const calls = ['one', 'two'].map((word) => it.caller.call({ ...WAIT, params: [word], probe: PROBE }, soon()));
  await vi.waitFor(() => expect(it.echo.asked).toEqual(['Wait', 'Wait']));
  it.network.isSilent = true;
  for (const call of calls)
    await expect(call).rejects.toMatchObject({
      code: 'OCTO_TRANSPORT_TIMEOUT',
      started: 'maybe',
      isRetryable: true,
      message: expect.stringContaining('does not answer on another connection') as string,
    });
  it.network.isSilent = false;
  expect(await it.caller.call(PROBE, soon())).toBe('there?...');
});

test('a call that must not be made twice is not given up', async () => {
  await using it = await behindNetwork();
  const [once, again] = [
    it.caller.call(WAIT, soon()),
    it.caller.call({ ...WAIT, params: ['again'], probe: PROBE }, soon()),
  ];
  await vi.waitFor(() => expect(it.echo.asked).toEqual(['Wait', 'Wait']));
  it.network.isSilent = true;
  await expect(again).rejects.toMatchObject({ code: 'OCTO_TRANSPORT_TIMEOUT' });
  it.network.isSilent = false;
  it.echo.release('long');
  expect(await once).toBe('long');
});

test('where only one connection is let through, a peer that takes its time is given up once, and then waited for', async () => {
  await using it = await behindNetwork();
  const first = it.caller.call({ ...WAIT, probe: PROBE }, soon());
  await vi.waitFor(() => expect(it.echo.asked).toEqual(['Wait']));
  it.network.takesNew = false;
  await expect(first).rejects.toMatchObject({ code: 'OCTO_TRANSPORT_TIMEOUT' });
  it.network.takesNew = true;
  const second = it.caller.call({ ...WAIT, params: ['again'], probe: PROBE }, soon());
  await vi.waitFor(() => expect(it.echo.asked).toEqual(['Wait', 'Wait']));
  it.network.takesNew = false;
  await vi.waitFor(() => expect(it.dialled()).toBeGreaterThan(4), 5_000); // asked twice more, in vain
  it.echo.release('again');
  expect(await second).toBe('again');
});
