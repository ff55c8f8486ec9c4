import { connect, isIP, type Socket } from 'node:net';
import { type Duplex } from 'node:stream';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import { HalibutError } from './errors.ts';
import { isThumbprintOf, thumbprintOf } from './identity.ts';
import { type HalibutLimits } from './limits.ts';
import { type HttpProxy, throughProxy } from './proxy.ts';

/** Where to open a connection, and whose certificate has to be there. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** SHA-1 or SHA-256 of the peer's certificate. Absent: whoever answers; for discovery alone. */
  readonly thumbprint?: string;
  readonly proxy?: HttpProxy;
  /** Another way than TCP for the bytes below TLS, a WebSocket say. */
  readonly dial?: (signal: AbortSignal) => Promise<Duplex>;
}

export const nameOf = ({ host, port }: { host: string; port: number }): string =>
  `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}/`;

/**
 * TCP, proxy and TLS, in that order, and the peer's thumbprint compared before one byte of the protocol is written: it is
 * the only authentication there is (halibut.md 1.4, 11.1). Every failure is `started: 'no'`.
 */
export async function openTls(
  target: Target,
  context: SecureContext | undefined,
  limits: HalibutLimits,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const raw = target.dial ? await target.dial(signal) : await openTcp(target, limits, signal);
  const socket = connectTls({
    socket: raw,
    ...(context && { secureContext: context }),
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    ...(isIP(target.host) === 0 && { servername: target.host }),
  });
  const name = nameOf(target);
  const what = `the TLS handshake of ${name}`;
  await settled(socket, { event: 'secureConnect', limitMs: limits.readWriteMs, what, below: raw }, signal);
  const { raw: der } = socket.getPeerCertificate() ?? {};
  const { thumbprint } = target;
  if (thumbprint === undefined || (der && isThumbprintOf(thumbprint, der))) return socket;
  socket.destroy();
  const shown = der ? `a certificate with the thumbprint ${thumbprintOf(der)}` : 'no certificate';
  throw new HalibutError('OCTO_TRANSPORT_THUMBPRINT', `${name} presented ${shown}; expected ${thumbprint}`, {
    started: 'no',
    isRetryable: false,
    hint: 'if the machine got a new certificate, register it again; if not, something between intercepts TLS',
  });
}

async function openTcp(target: Target, limits: HalibutLimits, signal: AbortSignal): Promise<Socket> {
  const { host, port } = target.proxy ?? target;
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: limits.keepAliveMs });
  await settled(
    socket,
    { event: 'connect', limitMs: limits.connectMs, what: `a connection to ${host}:${port}` },
    signal,
  );
  if (target.proxy) {
    const stop = () => socket.destroy();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await throughProxy(socket, target.proxy, `${target.host}:${target.port}`, limits.proxyMs);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
  return socket;
}

interface Awaited {
  readonly event: 'connect' | 'secureConnect';
  readonly limitMs: number;
  readonly what: string;
  /** What has to go with it. */
  readonly below?: Duplex;
}

/** Waits for one event of a socket that is being opened; destroys it on every other outcome. */
function settled(socket: Socket, awaited: Awaited, signal: AbortSignal): Promise<void> {
  const { event, limitMs, what, below } = awaited;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(unreachable(`${what} was not there within ${limitMs / 1000} s`)), limitMs);
    const leave = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      socket.off(event, good).off('error', bad).off('close', bad);
    };
    const fail = (error: unknown) => {
      leave();
      socket.on('error', () => {}); // what else it says no longer matters
      socket.destroy();
      below?.destroy();
      reject(error as Error); // an abort's reason may be anything
    };
    const good = () => {
      leave();
      resolve();
    };
    const bad = (cause?: unknown) => {
      const why = cause instanceof Error ? ` (${(cause as { code?: string }).code ?? cause.message})` : '';
      fail(unreachable(`${what} failed${why}`, cause instanceof Error ? cause : undefined));
    };
    const aborted = () => fail(signal.reason);
    socket.once(event, good).once('error', bad).once('close', bad);
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
  });
}

function unreachable(text: string, cause?: Error): HalibutError {
  return new HalibutError('OCTO_TRANSPORT_UNREACHABLE', text, {
    started: 'no',
    hint: 'check the address, that the machine is on, and the firewalls between',
    ...(cause && { cause }),
  });
}
