import { constants } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { createServer, type SecureVersion, type Server, type TLSSocket } from 'node:tls';
import { type TestIdentity } from '../certificates.ts';
import { type StockLimits, Wire } from './wire.ts';

/** `1.2`: as every agent before 2025; `1.3`: nothing less. Default: both, as today's (halibut.md 1.2). */
export type TlsVersion = '1.2' | '1.3';

export interface AcceptorOptions {
  readonly identity: TestIdentity;
  /** Thumbprints, in any case. */
  readonly trusted: readonly string[];
  readonly port?: number;
  readonly tls?: TlsVersion;
  /** Session tickets, by which an opener resumes. Default true. */
  readonly tickets?: boolean;
  readonly limits?: Partial<StockLimits>;
}

/** Who said what it is and may be here. `MX-SERVER` is not said yet. */
export interface Guest {
  readonly wire: Wire;
  readonly thumbprint: string;
  /** The words of its identity, `MX-CLIENT` or `MX-SUBSCRIBER` first. */
  readonly words: readonly string[];
}

const PAGE = '<html><body><p>Octopus Tentacle configured successfully</p></body></html>';
const PAGE_HEADERS = [
  "Content-Security-Policy: default-src 'none'",
  'Referrer-Policy: no-referrer',
  'X-Content-Type-Options: nosniff',
  'X-Frame-Options: DENY',
  'X-XSS-Protection: 1; mode=block',
  'Strict-Transport-Security: max-age=31536000',
];

export function tlsVersions(tls: TlsVersion | undefined): { minVersion: SecureVersion; maxVersion: SecureVersion } {
  return { minVersion: tls === '1.3' ? 'TLSv1.3' : 'TLSv1.2', maxVersion: tls === '1.2' ? 'TLSv1.2' : 'TLSv1.3' };
}

/** The side that was connected to: TLS for everyone, a page for browsers, silence for strangers (1.4, 1.5). */
export class Acceptor implements AsyncDisposable {
  readonly #server: Server;
  readonly #trusted: Set<string>;
  readonly #guests = new Map<TLSSocket, string | undefined>();
  readonly #limits: Partial<StockLimits>;
  readonly #onGuest: (guest: Guest) => Promise<void>;
  /** What a stock program would write to its log. */
  readonly log: string[] = [];

  private constructor(options: AcceptorOptions, onGuest: (guest: Guest) => Promise<void>) {
    const { identity, trusted, tls, tickets = true, limits = {} } = options;
    this.#trusted = new Set(trusted.map((thumbprint) => thumbprint.toUpperCase()));
    this.#limits = limits;
    this.#onGuest = onGuest;
    this.#server = createServer({
      key: identity.privateKeyPem,
      cert: identity.certificatePem,
      requestCert: true,
      rejectUnauthorized: false,
      ...tlsVersions(tls),
      ...(!tickets && { secureOptions: constants.SSL_OP_NO_TICKET }),
    });
    this.#server.on('tlsClientError', (error) => this.log.push(`no TLS: ${error.message}`));
    this.#server.on('secureConnection', (socket) => void this.#greet(socket));
  }

  static async listen(options: AcceptorOptions, onGuest: (guest: Guest) => Promise<void>): Promise<Acceptor> {
    const acceptor = new Acceptor(options, onGuest);
    acceptor.#server.listen(options.port ?? 0, '127.0.0.1');
    await once(acceptor.#server, 'listening');
    return acceptor;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // a TCP server has no path
  }
  /** Connections that are open. */
  get open(): number {
    return this.#guests.size;
  }

  trust(thumbprint: string): void {
    this.#trusted.add(thumbprint.toUpperCase());
  }
  /** Its live connections are closed too (1.4). */
  distrust(thumbprint: string): void {
    this.#trusted.delete(thumbprint.toUpperCase());
    for (const [socket, of] of this.#guests) if (of === thumbprint.toUpperCase()) socket.destroy();
  }

  /** Nobody new is let in, and all connections are dropped at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    for (const socket of this.#guests.keys()) socket.destroy();
    await closed;
  }

  async #greet(socket: TLSSocket): Promise<void> {
    socket.setKeepAlive(true, 15_000);
    socket.once('close', () => this.#guests.delete(socket));
    const wire = new Wire(socket, this.#limits);
    this.#guests.set(socket, wire.peerThumbprint);
    try {
      const guest = await this.#check(wire);
      if (guest !== undefined) await this.#onGuest(guest);
    } catch (error) {
      this.log.push(String(error));
    } finally {
      socket.destroy();
    }
  }

  /** In this order (1.4); undefined when there is no more to say. */
  async #check(wire: Wire): Promise<Guest | undefined> {
    const first = await wire.input.initialRequest({ limitMs: wire.limits.eachMs });
    if (first === undefined) return undefined;
    if (!first.startsWith('MX')) {
      await wire.write(Buffer.from(page()));
      return undefined;
    }
    const { peerThumbprint: thumbprint } = wire;
    if (thumbprint === undefined)
      return this.#refuse('attempted a message exchange, but did not present a client certificate');
    if (!this.#trusted.has(thumbprint))
      return this.#refuse(
        `presented a client certificate with the thumbprint '${thumbprint}' which is not in the list of thumbprints that we trust`,
      );
    const words = await wire.identity();
    return words && { wire, thumbprint, words };
  }

  #refuse(why: string): undefined {
    this.log.push(`A client at 127.0.0.1 ${why}`);
  }
}

function page(): string {
  const head = ['HTTP/1.0 200 OK', 'Content-Type: text/html; charset=utf-8', `Content-Length: ${PAGE.length}`];
  return [...head, ...PAGE_HEADERS, '', PAGE, '', ''].join('\r\n');
}
