import { request } from 'node:https';
import { type HttpProxy } from '@octo/halibut';
import { connect, type Socket } from 'node:net';
import { type Io } from '../command.ts';

const TRIES = 5;
const LIMIT_MS = 15_000;

/** Whether agents can reach the server's port: any of its answers but 404 says yes (halibut.md 9.3, step 0). */
export async function checkPort(address: URL, proxy: HttpProxy | undefined, io: Io): Promise<void> {
  const port = Number(address.port) || 10_943;
  io.line(`Checking connectivity on the server communications port ${port}...`);
  let failure: unknown;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    try {
      const status = await handshake(address.hostname.replace(/^\[|\]$/g, ''), port, proxy, io.signal);
      if (status === 404) throw new Error('it was answered with 404: something else listens there');
      io.line('Connected successfully');
      return;
    } catch (error) {
      io.signal.throwIfAborted();
      failure = error;
    }
  }
  throw new Error(
    `The port ${port} of ${address.hostname} was tried ${TRIES} times and cannot be reached: ${(failure as Error).message}`,
    { cause: failure },
  );
}

async function handshake(
  host: string,
  port: number,
  proxy: HttpProxy | undefined,
  signal: AbortSignal,
): Promise<number> {
  const socket = proxy ? await tunnel(host, port, proxy, signal) : undefined;
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host,
        port,
        path: '/handshake',
        method: 'POST',
        headers: { 'Content-Length': 0 },
        rejectUnauthorized: false,
        timeout: LIMIT_MS,
        signal,
        agent: false,
        ...(socket && { socket }),
      },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      },
    );
    call.on('timeout', () => call.destroy(new Error(`it was silent for ${LIMIT_MS / 1_000} s`)));
    call.on('error', reject);
    call.end();
  });
}

async function tunnel(host: string, port: number, proxy: HttpProxy, signal: AbortSignal): Promise<Socket> {
  const { throughProxy } = await import('@octo/halibut');
  const socket = connect({ host: proxy.host, port: proxy.port, signal });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  await throughProxy(socket, proxy, `${host}:${port}`, LIMIT_MS);
  return socket;
}
