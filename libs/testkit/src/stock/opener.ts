import { connect, type TLSSocket } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { limited } from '../faults/limited.ts';
import { type TestIdentity } from '../certificates.ts';
import { tlsVersions, type TlsVersion } from './acceptor.ts';
import { STOCK_LIMITS, type StockLimits, Wire } from './wire.ts';

export interface OpenerOptions {
  readonly identity: TestIdentity;
  readonly to: { readonly host?: string; readonly port: number; readonly thumbprint: string };
  readonly tls?: TlsVersion;
  readonly limits?: Partial<StockLimits>;
  /** Factor on pauses and intervals (not on limits), so that tests need not wait. Default 1. */
  readonly timeScale?: number;
}

/** Nothing was asked of the peer yet: it may be tried again. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  /** False where a stock program gives up at once: refused, unknown host, wrong certificate. */
  readonly isWorthAnotherTry: boolean;

  constructor(message: string, cause: unknown, isWorthAnotherTry: boolean) {
    super(message, { cause });
    this.isWorthAnotherTry = isWorthAnotherTry;
  }
}

/** The side that connects. Remembers TLS sessions, as .NET does (halibut.md 1.2). */
export class Opener {
  readonly #options: OpenerOptions;
  /** Of a peer whose certificate was the expected one. */
  #session: Buffer | undefined;

  constructor(options: OpenerOptions) {
    this.#options = options;
  }

  /** Connects and says who it is, at most 5 times with 1 s between them (2.5, 8.4). */
  async open(newline: string, identity: string, signal: AbortSignal): Promise<Wire> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(newline, identity, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ConnectError && error.isWorthAnotherTry) || attempt === 5) throw error;
      }
      await sleep(1000 * (this.#options.timeScale ?? 1), undefined, { signal });
    }
  }

  async #once(newline: string, identity: string, signal: AbortSignal): Promise<Wire> {
    const socket = await this.#connect(signal);
    const wire = new Wire(socket, this.#options.limits);
    const { thumbprint: expected } = this.#options.to;
    // OpenSSL gives a client no certificate of a resumed session: that of its first connection has been checked
    if (!socket.isSessionReused() && wire.peerThumbprint !== expected) {
      wire.close();
      socket.removeAllListeners('session');
      this.#session = undefined;
      throw new ConnectError(
        `The server at ${this.#address} presented an unexpected security certificate. We expected the server to present a certificate with the thumbprint '${expected}'. Instead, it presented a certificate with a thumbprint of '${wire.peerThumbprint ?? ''}'`,
        undefined,
        false,
      );
    }
    const drop = () => wire.close();
    signal.addEventListener('abort', drop, { once: true });
    try {
      await wire.write(Buffer.from(`MX${newline}${newline}`));
      await wire.control(`${identity}\r\n`);
      const words = await wire.identity();
      if (words?.[0] === 'MX-SERVER') return wire;
      throw new Error(words === undefined ? 'the connection was closed' : `it said ${words.join(' ')}`);
    } catch (cause) {
      wire.close();
      throw new ConnectError(
        `The server ${this.#address} aborted the connection before it was fully established. This usually means that the server rejected the certificate that we provided.`,
        cause,
        true,
      );
    } finally {
      signal.removeEventListener('abort', drop);
    }
  }

  get #address(): string {
    return `https://${this.#options.to.host ?? '127.0.0.1'}:${this.#options.to.port}/`;
  }

  async #connect(signal: AbortSignal): Promise<TLSSocket> {
    const { identity, to, tls, limits } = this.#options;
    const socket = connect({
      host: to.host ?? '127.0.0.1',
      port: to.port,
      key: identity.privateKeyPem,
      cert: identity.certificatePem,
      rejectUnauthorized: false,
      ...tlsVersions(tls),
      ...(this.#session && { session: this.#session }),
    });
    socket.on('session', (session: Buffer) => (this.#session = session));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once('secureConnect', resolve);
    socket.on('error', reject); // stays, so that later ones are not uncaught
    socket.once('close', () => reject(new Error('closed during the handshake')));
    try {
      await limited(promise, `a connection to ${this.#address}`, {
        limitMs: limits?.eachMs ?? STOCK_LIMITS.eachMs,
        signal,
      });
    } catch (cause) {
      socket.destroy();
      signal.throwIfAborted();
      const { code = '' } = cause as NodeJS.ErrnoException;
      const isFinal = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(code);
      throw new ConnectError(`cannot connect to ${this.#address}`, cause, !isFinal);
    }
    socket.setKeepAlive(true, 15_000);
    return socket;
  }
}
