import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { ConnectProxy } from './connect-proxy.ts';

async function greeter() {
  const server = createServer((socket) => socket.end('hello'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

/** All that comes until the end, or `silence` after 50 ms without it. */
async function ask(port: number, target: string, more = ''): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`CONNECT ${target} HTTP/1.0\r\nHost: ${target}\r\n${more}\r\n`);
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  const silent = new Promise<void>((resolve) => setTimeout(resolve, 500));
  await Promise.race([once(socket, 'end'), silent]);
  socket.destroy();
  return text === '' ? 'silence' : text;
}

test('CONNECT is a tunnel, and what was asked is kept (halibut.md 1.6)', async () => {
  await using target = await greeter();
  await using proxy = await ConnectProxy.listen();
  expect(await ask(proxy.port, `127.0.0.1:${target.port}`)).toBe('HTTP/1.0 200 Connection established\r\n\r\nhello');
  expect(proxy.requests).toEqual([
    {
      target: `127.0.0.1:${target.port}`,
      line: `CONNECT 127.0.0.1:${target.port} HTTP/1.0`,
      headers: { host: `127.0.0.1:${target.port}` },
      status: 200,
    },
  ]);
});

test('credentials are asked for and compared', async () => {
  await using target = await greeter();
  await using proxy = await ConnectProxy.listen({ user: 'Aladdin', password: 'open sesame' });
  const at = `127.0.0.1:${target.port}`;
  expect(await ask(proxy.port, at)).toMatch(/^HTTP\/1.0 407 .*\r\nProxy-Authenticate: Basic/);
  expect(await ask(proxy.port, at, 'Proxy-Authorization: Basic wrong\r\n')).toContain(' 407 ');
  expect(await ask(proxy.port, at, 'Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n')).toMatch(/hello$/);
  expect(proxy.requests.map((request) => request.status)).toEqual([407, 407, 200]);
});

test('it refuses, hangs, and cannot reach what is not there', async () => {
  const target = await greeter();
  await target[Symbol.asyncDispose]();
  await using proxy = await ConnectProxy.listen();
  expect(await ask(proxy.port, `127.0.0.1:${target.port}`)).toContain(' 502 ');
  proxy.mood = { refuse: 403 };
  expect(await ask(proxy.port, 'x:1')).toContain(' 403 ');
  proxy.mood = 'hang';
  expect(await ask(proxy.port, 'x:1')).toBe('silence');
  expect(proxy.requests.map((request) => request.status)).toEqual([502, 403, undefined]);
});
