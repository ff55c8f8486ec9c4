import { once } from 'node:events';
import { request as requestHttp } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { RestFailure } from './failures.ts';

/** An HTTP proxy; it is asked by CONNECT for https and by absolute URLs for http. */
export interface HttpProxy {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
}

export interface Dialling {
  readonly proxy: HttpProxy | undefined;
  /**
   * Is told of a certificate that no authority of ours vouches for. Throws to refuse it; otherwise the connection goes on.
   * The handshake with a communications port accepts any: who is there is told by the pin later on.
   */
  readonly onUntrusted: (problem: string) => void;
}

/** Longest wait for one connection, TLS and proxy included. */
export const DIAL_MS = 30_000;

/** A connection over which a request for `url` can be written. */
export async function dial(url: URL, how: Dialling, signal: AbortSignal): Promise<Socket> {
  const limit = AbortSignal.timeout(DIAL_MS);
  const within = AbortSignal.any([signal, limit]);
  try {
    if (url.protocol === 'http:') return await openTcp(how.proxy ?? addressOf(url), within);
    const tcp = how.proxy ? await openTunnel(how.proxy, authority(url), within) : await openTcp(addressOf(url), within);
    return await secure(tcp, url, how, within);
  } catch (error) {
    signal.throwIfAborted();
    if (RestFailure.isOne(error)) throw error;
    const why = limit.aborted ? `no connection within ${DIAL_MS / 1000} s` : messageOf(error);
    const via = how.proxy ? ` through the proxy ${how.proxy.host}:${how.proxy.port}` : '';
    throw new RestFailure('OCTO_REGISTER_CONNECT', `cannot reach ${url.origin}${via}: ${why}`, { cause: error });
  }
}

/** 'host:port', as CONNECT wants it. */
export function authority(url: URL): string {
  return `${url.hostname}:${addressOf(url).port}`;
}

export function proxyLogin({ username, password = '' }: HttpProxy): Record<string, string> {
  if (!username) return {};
  return { 'Proxy-Authorization': `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

interface Address {
  readonly host: string;
  readonly port: number;
}
function addressOf(url: URL): Address {
  const host = url.hostname.replace(/^\[|\]$/g, ''); // an IPv6 address stands in brackets there
  return { host, port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)) };
}

async function openTcp({ host, port }: Address, signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({ host, port });
  return await settled(socket, 'connect', signal);
}

async function openTunnel(proxy: HttpProxy, target: string, signal: AbortSignal): Promise<Socket> {
  const { host, port } = proxy;
  const request = requestHttp({ host, port, method: 'CONNECT', path: target, headers: proxyLogin(proxy), signal });
  request.setHeader('Host', target);
  request.end();
  const socket = await new Promise<Socket>((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (answer) => reject(new Error(`it answered ${answer.statusCode}`)));
    request.once('connect', (answer, opened) => {
      if (answer.statusCode === 200) return resolve(opened as Socket); // TCP, since the proxy was asked over http
      opened.destroy();
      reject(new Error(`it answered ${answer.statusCode} ${answer.statusMessage}`));
    });
  }).finally(() => request.once('error', () => {}));
  return socket;
}

async function secure(tcp: Socket, url: URL, how: Dialling, signal: AbortSignal): Promise<TLSSocket> {
  const { host } = addressOf(url);
  const isName = !/^[\d.]+$|:/.test(host);
  // The check is ours, below: a refusal has to show whose certificate it was.
  const socket = connectTls({ socket: tcp, host, rejectUnauthorized: false, ...(isName && { servername: host }) });
  await settled(socket, 'secureConnect', signal);
  if (socket.authorized) return socket;
  try {
    how.onUntrusted(describe(socket, url));
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return socket;
}

function describe(socket: TLSSocket, url: URL): string {
  const { subject, fingerprint } = socket.getPeerCertificate();
  const name = Object.entries(subject ?? {})
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(', ');
  const thumbprint = (fingerprint ?? '').replaceAll(':', '');
  return [
    `The certificate of ${url.origin} is not trusted: ${messageOf(socket.authorizationError)}`,
    `Subject: ${name}`,
    `Thumbprint: ${thumbprint}`,
  ].join('\n');
}

async function settled<S extends Socket>(socket: S, event: string, signal: AbortSignal): Promise<S> {
  try {
    await once(socket, event, { signal });
    socket.on('error', () => {}); // the request on it reports what goes wrong later
    return socket;
  } catch (error) {
    socket.on('error', () => {}).destroy();
    throw error;
  }
}

/** An AggregateError (several addresses were tried) has no message of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
