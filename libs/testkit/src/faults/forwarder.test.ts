import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Direction, Forwarder } from './forwarder.ts';

/** A server that answers each byte with itself, and what it has read. */
async function echo() {
  const read: Buffer[] = [];
  const ends: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('data', (chunk) => void (read.push(chunk), socket.write(chunk)));
    socket.on('end', () => ends.push('FIN') && socket.end());
    socket.on('error', (error: NodeJS.ErrnoException) => ends.push(error.code ?? ''));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    ends,
    text: () => Buffer.concat(read).toString('latin1'),
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

/** A client, what it has read, and how its connection ended. */
function client(port: number) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const seen = { text: '', end: '' };
  socket.on('data', (chunk) => (seen.text += chunk.toString('latin1')));
  socket.on('end', () => (seen.end ||= 'FIN'));
  socket.on('error', (error: NodeJS.ErrnoException) => (seen.end = error.code ?? ''));
  return { socket, seen, [Symbol.dispose]: () => void socket.destroy() };
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let n = 0; !isTrue(); n++) {
    if (n > 2000) throw new Error(`still not: ${String(isTrue)}`);
    await sleep(5);
  }
}

test('bytes and the end of each direction go through, and are counted', async () => {
  await using target = await echo();
  await using forwarder = await Forwarder.listen(target);
  const next = forwarder.waitForConnection();
  using peer = client(forwarder.port);
  peer.socket.end('hello');
  const connection = await next;
  await connection.closed;
  await until(() => peer.seen.end !== '');
  expect(peer.seen).toEqual({ text: 'hello', end: 'FIN' });
  expect(connection).toMatchObject({ number: 1, isOpen: false, bytes: { up: 5, down: 5 } });
  expect(target.ends).toEqual(['FIN']);
});

test('a cut after n bytes hands on exactly n, and resets both ends', async () => {
  await using target = await echo();
  await using forwarder = await Forwarder.listen(target);
  forwarder.arm({ direction: 'up', fault: { kind: 'cut' }, afterBytes: 3, connection: 1 });
  using peer = client(forwarder.port);
  peer.socket.write('hello');
  await until(() => peer.seen.end !== '' && target.ends.length > 0);
  expect(peer.seen.end).toBe('ECONNRESET');
  expect(target.ends).toEqual(['ECONNRESET']);
  expect(forwarder.connections[0]?.bytes.up).toBe(3);
  using second = client(forwarder.port);
  second.socket.end('whole');
  await until(() => second.seen.end === 'FIN');
  expect(second.seen.text).toBe('whole');
});

test.each([
  ['at a byte', { afterBytes: 4 }, 'abcd\x9afgh'],
  ['at a chunk', { atChunk: 2 }, 'abcd\x9afgh'],
  ['at the next chunk', {}, '\x9ebcdefgh'],
] as const)('one byte is inverted %s, counted from the arming', async (_where, where, expected) => {
  await using target = await echo();
  await using forwarder = await Forwarder.listen(target);
  const next = forwarder.waitForConnection();
  using peer = client(forwarder.port);
  peer.socket.write('first');
  const connection = await next;
  await connection.reached('down', 5);
  connection.arm({ direction: 'up', fault: { kind: 'corrupt' }, ...where });
  peer.socket.write('abcd');
  await connection.reached('down', 9);
  peer.socket.end('efgh');
  await connection.closed;
  expect(target.text()).toBe(`first${expected}`);
});

test.each(['up', 'down'] as const)(
  'a stall of %s keeps both sockets, and a release hands on what was held',
  async (way: Direction) => {
    await using target = await echo();
    await using forwarder = await Forwarder.listen(target);
    forwarder.arm({ direction: way, fault: { kind: 'stall' }, afterBytes: 2 });
    const next = forwarder.waitForConnection();
    using peer = client(forwarder.port);
    peer.socket.end('hello');
    const connection = await next;
    await connection.reached(way, 2);
    await sleep(30);
    expect(connection).toMatchObject({ isOpen: true, bytes: { [way]: 2 } });
    expect(peer.seen).toEqual({ text: 'he', end: '' });
    connection.release(way);
    await connection.closed;
    await until(() => peer.seen.end !== '');
    expect(peer.seen).toEqual({ text: 'hello', end: 'FIN' });
  },
);

test('a half-closed direction is at its end for its reader, and the other one goes on', async () => {
  await using target = await echo();
  await using forwarder = await Forwarder.listen(target);
  const next = forwarder.waitForConnection();
  using peer = client(forwarder.port);
  peer.socket.write('ab');
  const connection = await next;
  await connection.reached('down', 2);
  connection.halfClose('up');
  await until(() => peer.seen.end === 'FIN'); // the echo ends when it has read the end
  expect(target.ends).toEqual(['FIN']);
  peer.socket.end('into the void');
  await connection.closed;
  expect(target.text()).toBe('ab');
});

test('a connection that is cut while a FIN is on its way is over, too', async () => {
  await using target = await echo();
  await using forwarder = await Forwarder.listen(target);
  const next = forwarder.waitForConnection();
  using _peer = client(forwarder.port);
  const connection = await next;
  connection.halfClose('up');
  await Promise.resolve(); // the system has been asked, and has not answered
  connection.cut();
  await connection.closed;
  expect(connection.isOpen).toBe(false);
});

test('a delay holds each chunk', async () => {
  await using target = await echo();
  await using forwarder = await Forwarder.listen(target);
  forwarder.arm({ direction: 'down', fault: { kind: 'delay', ms: 60 } });
  using peer = client(forwarder.port);
  const start = performance.now();
  peer.socket.write('x');
  await until(() => peer.seen.text === 'x');
  expect(performance.now() - start).toBeGreaterThan(55);
});

test('new connections are refused or swallowed; those that are open stay', async () => {
  await using target = await echo();
  await using forwarder = await Forwarder.listen(target);
  const next = forwarder.waitForConnection();
  using old = client(forwarder.port);
  await next;
  await forwarder.set('refuse');
  using refused = client(forwarder.port);
  await until(() => refused.seen.end !== '');
  expect(refused.seen.end).toBe('ECONNREFUSED');
  await forwarder.set('black-hole');
  using swallowed = client(forwarder.port);
  swallowed.socket.write('hello?');
  await once(swallowed.socket, 'connect');
  old.socket.write('still here');
  await until(() => old.seen.text === 'still here');
  expect(swallowed.seen).toEqual({ text: '', end: '' });
  expect(forwarder.connections).toHaveLength(1);
  forwarder.cutAll();
  await until(() => swallowed.seen.end === 'ECONNRESET' && old.seen.end === 'ECONNRESET');
});

test('waits have a limit and can be aborted', async () => {
  await using forwarder = await Forwarder.listen({ port: 1 });
  const aborted = new Error('enough');
  await expect(forwarder.waitForConnection(AbortSignal.abort(aborted))).rejects.toBe(aborted);
});

test('a target that is not there resets who came', async () => {
  const gone = await echo();
  await gone[Symbol.asyncDispose]();
  await using forwarder = await Forwarder.listen(gone);
  using peer = client(forwarder.port);
  await until(() => peer.seen.end === 'ECONNRESET');
});
