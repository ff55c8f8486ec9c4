import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { expect, test } from 'vitest';
import { Forwarder } from '../faults/forwarder.ts';
import { StockAgent } from './agent.ts';
import { StockCallError, StockRemoteError } from './calls.ts';
import { StockCaller } from './caller.ts';
import { encode, deflate } from './codec.ts';
import { REQUEST } from './contract-names.ts';
import { StockPollingServer } from './polling-server.ts';
import { capabilitiesOf } from './run-script.ts';
import { AGENT, callerOf, pair, SERVER, STRANGER, temporary, until } from './setup.fixture.ts';

const SUBSCRIPTION = 'poll://abcdefghijklmnopqrst/';

/** All that comes until the end, as text. */
async function said(port: number, bytes: string | Buffer, options: ConnectionOptions = {}): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  socket.write(bytes);
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  await once(socket, 'close');
  return text;
}
const as = (identity: typeof SERVER) => ({ key: identity.privateKeyPem, cert: identity.certificatePem });

test('a browser gets the page with 200, a stranger and a peer without certificate get silence (halibut.md 1.4, 1.5)', async () => {
  await using stock = await pair('listening');
  const { port, log } = stock.agent;
  const page = await said(port, 'POST /handshake HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(page).toMatch(/^HTTP\/1.0 200 OK\r\nContent-Type: text\/html; charset=utf-8\r\nContent-Length: \d+\r\n/);
  const [head = '', body] = page.split(/\r\n\r\n(?=<)/);
  expect(body).toBe(`${body?.trimEnd()}\r\n\r\n`);
  expect(head).toContain(`Content-Length: ${body?.trimEnd().length}\r\n`);
  expect(await said(port, 'HELLO\r\n\r\n')).toContain('200 OK');
  expect(await said(port, 'MX\n\nMX-CLIENT 1.0\r\n\r\n')).toBe('');
  expect(await said(port, 'MX\r\n\r\nMX-CLIENT 1.0\r\n\r\n', as(STRANGER))).toBe('');
  expect(log.join('\n')).toMatch(
    /did not present a client certificate\n.*not in the list of thumbprints that we trust/,
  );
  expect(stock.agent.calls).toEqual([]);
});

test('a plain connection is closed at once (1.5)', async () => {
  await using stock = await pair('listening');
  const socket = connectTcp(stock.agent.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.0\r\n\r\n');
  socket.resume();
  await once(socket, 'close');
});

test('each side refuses the certificate that it does not expect, and says so (1.4)', async () => {
  await using stock = await pair('listening');
  await using stranger = callerOf(stock.agent.port, {}, STRANGER);
  await expect(capabilitiesOf(stranger)).rejects.toMatchObject({
    state: 'connecting',
    message: expect.stringContaining('rejected the certificate that we provided'),
  });
  const to = { port: stock.agent.port, thumbprint: SERVER.thumbprint };
  await using misled = new StockCaller({ identity: SERVER, to });
  await expect(capabilitiesOf(misled)).rejects.toThrow(
    `We expected the server to present a certificate with the thumbprint '${SERVER.thumbprint}'. Instead, it presented a certificate with a thumbprint of '${AGENT.thumbprint}'`,
  );
});

test.each([
  ['a $type that no contract has', { $type: 'System.Diagnostics.Process, System' }],
  ['a response', { $type: 'Halibut.Transport.Protocol.ResponseMessage, Halibut' }],
  ['an endpoint without BaseUri', { endpoint: {} }],
  ['nothing to do', null],
])('%s closes the connection without an answer (3.1, 3.7, 3.9)', async (_what, more) => {
  await using stock = await pair('listening');
  const request = { $type: REQUEST, id: '1', service: 'IScriptService', method: 'GetStatus', params: [] };
  const message =
    more === null
      ? null
      : '$type' in more && !more.$type?.includes('Response')
        ? { ...request, params: [more] }
        : { ...request, ...more };
  const bytes = Buffer.concat([Buffer.from('MX\n\nMX-CLIENT 1.0\r\n\r\n'), deflate(encode(message).bson)]);
  expect(await said(stock.agent.port, bytes, as(SERVER))).toBe('MX-SERVER 1.0\r\n\r\n');
});

test('a polling agent is told that there is nothing to do, and goes on (2.6)', async () => {
  await using server = await StockPollingServer.listen({
    identity: SERVER,
    trusted: [AGENT.thumbprint],
    timeScale: 0.001,
  });
  const queue = server.subscription('POLL://ABCDEFGHIJKLMNOPQRST', AGENT.thumbprint);
  await using work = await temporary();
  const to = { port: server.port, thumbprint: SERVER.thumbprint };
  const options = { identity: AGENT, workDir: work.path, server: to, subscription: SUBSCRIPTION, timeScale: 0.01 };
  await using agent = await StockAgent.poll({ ...options, connections: 3 });
  await until(() => queue.connections === 3 && queue.nulls > 6);
  expect(await Promise.all([1, 2, 3, 4].map(() => capabilitiesOf(queue)))).toHaveLength(4);
  expect(agent.calls).toHaveLength(4);
  expect(server.log).toEqual([]);
});

test('an agent that nobody knows, or for another subscription, is left without a word', async () => {
  await using server = await StockPollingServer.listen({ identity: SERVER, trusted: [AGENT.thumbprint] });
  expect(await said(server.port, `MX\n\nMX-SUBSCRIBER 1.0 ${SUBSCRIPTION}\r\n\r\n`, as(AGENT))).toBe('');
  server.subscription(SUBSCRIPTION);
  expect(await said(server.port, `MX\n\nMX-SUBSCRIBER 1.0 ${SUBSCRIPTION}\r\n\r\n`, as(STRANGER))).toBe('');
  expect(await said(server.port, `MX\n\nMX-CLIENT 1.0\r\n\r\n`, as(AGENT))).toBe('');
});

test('a request that no agent fetches fails as not executed (8.2)', async () => {
  const limits = { pickUpMs: 30 };
  await using server = await StockPollingServer.listen({ identity: SERVER, trusted: [], limits });
  const call = capabilitiesOf(server.subscription(SUBSCRIPTION));
  await expect(call).rejects.toMatchObject({
    state: 'connecting',
    message: expect.stringContaining('did not collect'),
  });
});

test('trust that is taken away closes what is open; given again, the agent is back (1.4, 8.4)', async () => {
  await using server = await StockPollingServer.listen({
    identity: SERVER,
    trusted: [AGENT.thumbprint],
    timeScale: 0.001,
  });
  const queue = server.subscription(SUBSCRIPTION, AGENT.thumbprint);
  await using work = await temporary();
  const to = { port: server.port, thumbprint: SERVER.thumbprint };
  const options = { identity: AGENT, workDir: work.path, server: to, subscription: SUBSCRIPTION, timeScale: 0.002 };
  await using _agent = await StockAgent.poll(options);
  await until(() => queue.connections === 1);
  server.distrust(AGENT.thumbprint);
  await until(() => queue.connections === 0 && server.log.some((line) => line.includes('not in the list')));
  server.trust(AGENT.thumbprint);
  await until(() => queue.connections === 1);
});

test.each([
  ['1.3', true, true],
  ['1.2', true, true],
  ['1.2', false, false],
] as const)(
  'TLS %s, tickets %s: the second connection is resumed: %s, and known (1.2)',
  async (tls, tickets, isResumed) => {
    await using stock = await pair('listening', { tls, tickets });
    let session: Buffer | undefined;
    const options = { host: '127.0.0.1', port: stock.agent.port, rejectUnauthorized: false, ...as(SERVER) };
    const open = async (): Promise<boolean> => {
      const socket = connect({ ...options, ...(session && { session }) });
      socket.on('session', (made) => (session = made));
      await once(socket, 'secureConnect');
      socket.write('MX\r\n\r\nMX-CLIENT 1.0\r\n\r\n');
      expect(String(await once(socket, 'data'))).toBe('MX-SERVER 1.0\r\n\r\n');
      const isReused = socket.isSessionReused();
      socket.destroy();
      return isReused;
    };
    expect(await open()).toBe(false);
    expect(await open()).toBe(isResumed);
  },
);

test('calls at once use connections of their own, five of which stay in the pool (1.7)', async () => {
  await using stock = await pair('listening');
  await using caller = callerOf(stock.agent.port);
  await Promise.all(Array.from({ length: 7 }, () => capabilitiesOf(caller)));
  await until(() => caller.open === 5);
});

test('a call that is cut may have been executed; a pooled connection that is dead was not asked (2.5)', async () => {
  await using stock = await pair('listening');
  await using forwarder = await Forwarder.listen({ port: stock.agent.port });
  await using caller = callerOf(forwarder.port);
  await capabilitiesOf(caller);
  forwarder.cutAll();
  await capabilitiesOf(caller);
  forwarder.connections.at(-1)?.arm({ direction: 'down', fault: { kind: 'cut' }, atChunk: 2 });
  const cut = capabilitiesOf(caller);
  await expect(cut).rejects.toBeInstanceOf(StockCallError);
  await expect(cut).rejects.toMatchObject({ state: 'unknown' });
  expect(stock.agent.calls).toHaveLength(3);
});

test('a call can be given up', async () => {
  await using stock = await pair('listening');
  await using forwarder = await Forwarder.listen({ port: stock.agent.port });
  forwarder.arm({ direction: 'down', fault: { kind: 'stall' }, afterBytes: 3000 });
  await using caller = callerOf(forwarder.port);
  const reason = new Error('enough');
  const call = caller.call('IFileTransferService', 'DownloadFile', ['/etc/services'], AbortSignal.timeout(300));
  await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
  await expect(caller.call('X', 'Y', [], AbortSignal.abort(reason))).rejects.toBe(reason);
  await expect(callerOf(stock.agent.port).call('X', 'Y')).rejects.toBeInstanceOf(StockRemoteError);
});
