// Halibut over WebSockets, for machines that may only leave by 443. Inside the channel runs the same mutual TLS with the
// same pins, so whatever ends the outer TLS - a reverse proxy, say - can neither read nor stand in for anybody.
import { type IncomingMessage } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws';
import { HalibutError } from './errors.ts';
import { type Identity } from './identity.ts';
import { DEFAULT_LIMITS, type HalibutLimits } from './limits.ts';
import { type Listener } from './listener.ts';
import { type HttpProxy, throughProxy } from './proxy.ts';

export const SUBPROTOCOL = 'octo-halibut';
const MOST_BYTES = 1024 * 1024;
/** Proxies close what is silent for a minute. */
const PING_MS = 25_000;

export interface WebSocketTarget {
  /** 'wss://octo.example/octo/polling'; ws: is for tests and for a proxy on the same machine. */
  readonly url: string;
  readonly proxy?: HttpProxy;
}

/** Opens the bytes below TLS for a `Target`. The outer certificate is not looked at: the inner one is pinned. */
export function webSocketDial(
  { url, proxy }: WebSocketTarget,
  more: Partial<HalibutLimits> = {},
): (signal: AbortSignal) => Promise<Duplex> {
  const limits = { ...DEFAULT_LIMITS, ...more };
  return async (signal) => {
    const below = await openBelow(new URL(url), proxy, limits, signal);
    const socket = new WebSocket(url, SUBPROTOCOL, {
      createConnection: () => below,
      handshakeTimeout: limits.connectMs,
      perMessageDeflate: false,
      maxPayload: MOST_BYTES,
    });
    const stop = () => socket.terminate();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('open', resolve);
        socket.once('error', (error) => reject(unreachable(url, error)));
        socket.once('close', () => reject(unreachable(url)));
      });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
    const pings = setInterval(() => socket.ping(), PING_MS).unref();
    socket.once('close', () => clearInterval(pings));
    return createWebSocketStream(socket);
  };
}

/** Takes HTTP upgrades and hands their bytes to a listener. */
export function webSocketAcceptor(
  listener: Listener,
  identity: Identity,
): (request: IncomingMessage, socket: Duplex, head: Uint8Array) => void {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MOST_BYTES,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  return (request, socket, head) => {
    socket.on('error', () => {});
    server.handleUpgrade(request, socket, Buffer.from(head), (channel) => {
      const peer = `${request.socket.remoteAddress ?? 'somebody'} (WebSocket)`;
      const stream = createWebSocketStream(channel);
      stream.on('error', () => {});
      listener.accept(stream, identity, peer);
    });
  };
}

async function openBelow(
  { hostname, port, protocol }: URL,
  proxy: HttpProxy | undefined,
  limits: HalibutLimits,
  signal: AbortSignal,
): Promise<Duplex> {
  const isSecure = protocol === 'wss:';
  const host = hostname.replace(/^\[|\]$/g, '');
  const target = { host, port: Number(port) || (isSecure ? 443 : 80) };
  const tcp = connectTcp({
    ...(proxy ? { host: proxy.host, port: proxy.port } : target),
    noDelay: true,
    keepAlive: true,
  });
  await opened(tcp, 'connect', limits, signal);
  if (proxy) await throughProxy(tcp, proxy, `${target.host}:${target.port}`, limits.proxyMs);
  if (!isSecure) return tcp;
  const tls = connectTls({
    socket: tcp,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) === 0 && { servername: host }),
  });
  await opened(tls, 'secureConnect', limits, signal);
  return tls;
}

async function opened(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  limits: HalibutLimits,
  signal: AbortSignal,
): Promise<void> {
  const stop = () => socket.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(stop, limits.connectMs);
  try {
    await new Promise<void>((resolve, reject) => {
      const failed = (error?: unknown) => reject(unreachable(event, error));
      socket.once(event, resolve).once('error', failed).once('close', failed);
    });
    socket.on('error', () => {}); // from here on its end is heard of above
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

function unreachable(what: string, cause?: unknown): HalibutError {
  const why = cause instanceof Error ? ` (${cause.message})` : '';
  return new HalibutError('OCTO_TRANSPORT_UNREACHABLE', `no WebSocket to ${what}${why}`, {
    started: 'no',
    hint: 'check the address, and that a reverse proxy before the server passes upgrades on',
    ...(cause !== undefined && { cause }),
  });
}
