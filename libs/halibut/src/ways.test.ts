import { once } from 'node:events';
import { createServer as createHttp, request as httpRequest, type Server as HttpServer } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { Echo, ECHO, hashOf, hostOf, identityOf, sha1OfZeros, side, soon, zeros } from './halibut.fixture.ts';
import { type IncomingStream } from './incoming.ts';
import { webSocketAcceptor, webSocketDial } from './web-socket.ts';

const at = (server: Server | HttpServer) => (server.address() as AddressInfo).port;
const call = { service: ECHO, method: 'Say', params: ['hi'] };

/** An HTTP proxy that knows CONNECT and asks for a password. */
async function proxyServer(password: string) {
  const asked: string[] = [];
  const server = createHttp((_request, answer) => answer.writeHead(405).end());
  server.on('connect', (request, socket, head) => {
    asked.push(request.url ?? '');
    const wanted = `Basic ${Buffer.from(`user:${password}`).toString('base64')}`;
    if (request.headers['proxy-authorization'] !== wanted) return void socket.end('HTTP/1.1 407 No\r\n\r\n');
    const [host, port] = (request.url ?? '').split(':');
    const there = connect(Number(port), host ?? '', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      there.write(head);
      there.pipe(socket).pipe(there);
    });
    for (const one of [there, socket]) one.on('error', () => one.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    asked,
    port: at(server),
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('a listening service is reached through an HTTP proxy, and a refused password is said (R135; 10.2, 20)', async () => {
  using proxy = await proxyServer('secret');
  const [server, agent] = [await side('server', { connectAttempts: 1 }), await side('agent')];
  const clients = { isTrusted: () => true, services: hostOf(new Echo()) };
  await using listener = await agent.listen({ host: '127.0.0.1', port: 0, clients });
  const to = { host: '127.0.0.1', port: listener.port, thumbprint: agent.identity.thumbprint };
  const by = { host: '127.0.0.1', port: proxy.port, username: 'user' };
  await using caller = server.caller({ ...to, proxy: { ...by, password: 'secret' } });
  expect(await caller.call(call, soon())).toBe('hi...');
  await using refused = server.caller({ ...to, proxy: { ...by, password: 'wrong' } });
  await expect(refused.call(call, soon())).rejects.toMatchObject({ code: 'OCTO_TRANSPORT_PROXY', started: 'no' });
  expect(proxy.asked).toEqual([`127.0.0.1:${listener.port}`, `127.0.0.1:${listener.port}`]);
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  '%s is spoken, for agents of every age (halibut.md 1.2)',
  async (version) => {
    const [server, agent] = [await side('server'), await side('agent')];
    const { certificatePem: cert, privateKeyPem: key } = agent.identity;
    const subscription = server.subscription('poll://old/');
    await using listener = await server.listen({
      host: '127.0.0.1',
      port: 0,
      subscribers: { find: async () => ({ subscription }) },
    });
    const { connect: connectTls } = await import('node:tls');
    const socket = connectTls({
      host: '127.0.0.1',
      port: listener.port,
      cert,
      key,
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
    });
    await once(socket, 'secureConnect');
    expect(socket.getProtocol()).toBe(version);
    socket.write('MX\n\nMX-SUBSCRIBER 1.0 poll://old/\r\n\r\n');
    expect(String((await once(socket, 'data'))[0])).toBe('MX-SERVER 1.0\r\n\r\n');
    socket.destroy();
  },
);

test('polling goes over a WebSocket, through a reverse proxy that ends TLS, and the pins still hold', async () => {
  const [server, agent] = [await side('server'), await side('agent')];
  const subscription = server.subscription('poll://web/');
  const known = agent.identity.thumbprint;
  const find = async (_uri: string, thumbprint: string) => (thumbprint === known ? { subscription } : undefined);
  await using listener = await server.listen({ host: '127.0.0.1', port: 0, subscribers: { find } });
  const web = createHttp();
  web.on('upgrade', webSocketAcceptor(listener, server.identity)).listen(0, '127.0.0.1');
  await once(web, 'listening');
  const proxy = await reverseProxy(at(web));
  const stop = new AbortController();
  const dial = webSocketDial({ url: `wss://127.0.0.1:${at(proxy)}/octo/polling` });
  const to = {
    host: 'octo',
    port: 443,
    dial,
    subscription: 'poll://web/',
    connections: 1,
    services: hostOf(new Echo()),
  };
  const polls = agent.poll({ ...to, thumbprint: server.identity.thumbprint }, stop.signal);
  expect(await subscription.call(call, soon())).toBe('hi...');
  const size = 20_000_000;
  expect(await subscription.call({ service: ECHO, method: 'Hash', params: [zeros(size)] }, soon())).toBe(
    sha1OfZeros(size),
  );
  const stream = (await subscription.call(
    { service: ECHO, method: 'Bytes', params: [String(size)] },
    soon(),
  )) as IncomingStream;
  expect(await hashOf(stream.read(soon()))).toBe(sha1OfZeros(size));
  stop.abort();
  await polls;

  const heard: unknown[] = [];
  const again = new AbortController();
  const { thumbprint } = await identityOf('stranger'); // what the agent would see if the proxy's TLS were the only one
  const wrong = agent.poll({ ...to, thumbprint, onState: (state) => heard.push(state) }, again.signal);
  await expect.poll(() => heard).toContainEqual(expect.objectContaining({ state: 'lost', error: expect.objectContaining({ code: 'OCTO_TRANSPORT_THUMBPRINT' }) as unknown })); // prettier-ignore
  again.abort();
  await wrong;
  for (const one of [proxy, web]) {
    one.closeAllConnections();
    one.close();
  }
});

/** Ends TLS with a certificate of its own and passes upgrades on, as nginx would. */
async function reverseProxy(port: number): Promise<HttpServer> {
  const { certificatePem: cert, privateKeyPem: key } = await identityOf('proxy');
  const server = createHttps({ cert, key });
  server.on('upgrade', (request, socket, head) => {
    const onward = httpRequest({ host: '127.0.0.1', port, path: request.url, headers: request.headers });
    onward.on('upgrade', (answer, below, first) => {
      const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}`);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join('\r\n')}\r\n\r\n`);
      socket.write(first);
      below.write(head);
      below.pipe(socket).pipe(below);
      for (const one of [below, socket]) one.on('error', () => one.destroy());
    });
    onward.on('error', () => socket.destroy());
    onward.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

test('a proxy that says nothing is given up', async () => {
  const mute = createServer(() => {}).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const server = await side('server', { proxyMs: 50, connectAttempts: 1 });
  const proxy = { host: '127.0.0.1', port: at(mute) };
  await using caller = server.caller({ host: 'nowhere', port: 1, thumbprint: 'A'.repeat(40), proxy });
  await expect(caller.call(call, soon())).rejects.toMatchObject({ code: 'OCTO_TRANSPORT_PROXY' });
  mute.close();
});
