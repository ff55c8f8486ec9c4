import { throughProxy } from '@octo/halibut';
import { type Proxy } from '@octo/kernel';
import { connect, type Socket } from 'node:net';
import { SocksClient } from 'socks';
import { sshError } from './errors.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * A socket to an SSH server, by itself or through a proxy. Nagle's algorithm is off: with it every command waits 40 ms for
 * an acknowledgement that the other side delays (perf.md 1.7).
 */
export async function dial(to: Place, proxy: Proxy | undefined, limitMs: number, signal: AbortSignal): Promise<Socket> {
  if (!proxy) return reach(to, limitMs, signal);
  if (proxy.kind === 'socks5') return throughSocks(to, proxy, limitMs);
  const socket = await reach(proxy, limitMs, signal);
  const { host, port, username, password } = proxy;
  const login = {
    host,
    port,
    ...(username !== undefined && { username }),
    ...(password && { password: password.reveal() }),
  };
  await throughProxy(socket, login, nameOf(to), limitMs);
  return socket;
}

function reach({ host, port }: Place, limitMs: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host, port, noDelay: true });
    const limit = setTimeout(() => fail(new Error(`no answer within ${limitMs / 1_000} s`)), limitMs);
    const abort = () => fail(signal.reason);
    const leave = () => {
      clearTimeout(limit);
      signal.removeEventListener('abort', abort);
      socket.off('error', fail);
    };
    const fail = (cause: unknown) => {
      leave();
      socket.destroy();
      reject(signal.aborted ? (signal.reason as Error) : unreached(nameOf({ host, port }), cause));
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', fail).once('connect', () => {
      leave();
      socket.on('error', () => {}); // whoever uses it hears of its close
      resolve(socket);
    });
  });
}

async function throughSocks(to: Place, proxy: Proxy, timeout: number): Promise<Socket> {
  const { host, port, username, password } = proxy;
  const login = {
    ...(username !== undefined && { userId: username }),
    ...(password && { password: password.reveal() }),
  };
  try {
    const { socket } = await SocksClient.createConnection({
      proxy: { host, port, type: 5, ...login },
      command: 'connect',
      destination: to,
      timeout,
      set_tcp_nodelay: true,
    });
    socket.on('error', () => {});
    return socket;
  } catch (cause) {
    throw sshError('OCTO_TRANSPORT_PROXY', `the proxy ${nameOf(proxy)} gave no way to ${nameOf(to)}: ${(cause as Error).message}`, {
      hint: 'check its address, user name and password, and that it allows the target',
      cause,
      isPassing: true,
    }); // prettier-ignore
  }
}

export function unreached(name: string, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return sshError('OCTO_TRANSPORT_SSH_CONNECT', `${name} cannot be reached: ${why}`, {
    hint: 'check host and port, that sshd runs there, and that nothing in between blocks it',
    cause,
    isPassing: true,
  });
}

export function nameOf({ host, port }: Place): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
