import { constants } from 'node:crypto';
import { type Socket } from 'node:net';
import { type Duplex } from 'node:stream';
import { createServer, type Server, TLSSocket } from 'node:tls';
import { type ServiceHost } from './contract.ts';
import { type Identification, identityBlock, MUX_OFFER, readIdentity } from './control.ts';
import { HalibutError } from './errors.ts';
import { type Identity, thumbprintOf } from './identity.ts';
import { type HalibutLimits } from './limits.ts';
import { Mux } from './mux.ts';
import { answerPage, isPreamble, readOpening } from './opening.ts';
import { serveClient } from './serve.ts';
import { type Subscription } from './subscription.ts';
import { Wire } from './wire.ts';

export interface Refusal {
  /** Address of the peer, for people. */
  readonly peer: string;
  readonly thumbprint?: string;
  readonly subscription?: string;
  readonly why: string;
}

export interface ListenOptions {
  /** Default: every address, both families. */
  readonly host?: string;
  /** 0: a free one. */
  readonly port: number;
  /** HTML for a browser that comes here, and for agents that try the port (halibut.md 1.5, 9.3). */
  readonly page?: string;
  readonly pageHeaders?: Readonly<Record<string, string>>;
  /** Accept clients, as a listening service does. Absent: whoever says MX-CLIENT is refused. */
  readonly clients?: { isTrusted(thumbprint: string): boolean; readonly services: ServiceHost };
  /**
   * Accept subscribers. Answers with the queue of a subscription when this certificate is the one registered for it, and with
   * nothing otherwise; `changed` ends the connection when that is no longer so, `held` is held while the connection is.
   */
  readonly subscribers?: {
    find(
      uri: string,
      thumbprint: string,
      certificate: Uint8Array,
    ): Promise<
      | { readonly subscription: Subscription; readonly changed?: AbortSignal; readonly held?: () => Disposable }
      | undefined
    >;
  };
  readonly onRefused?: (refusal: Refusal) => void;
  /** A connection broke in the middle of something. */
  readonly onError?: (error: unknown, peer: string) => void;
}

/** Accepts connections until it is disposed of. */
export class Listener implements AsyncDisposable {
  readonly #server: Server;
  readonly #options: ListenOptions;
  readonly #limits: HalibutLimits;
  readonly #strangers = new Map<string, number>();
  #strangersInAll = 0;
  /** Identified connections by thumbprint, so that lost trust ends them. */
  readonly #known = new Map<string, Set<Duplex>>();
  readonly #sockets = new Set<Duplex>();
  #isClosing = false;

  constructor(identity: Identity, options: ListenOptions, limits: HalibutLimits) {
    this.#options = options;
    this.#limits = limits;
    this.#server = createServer({
      ...tlsOptions(identity),
      handshakeTimeout: limits.identifyMs,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: limits.keepAliveMs,
    });
    this.#server.on('connection', (socket: Socket) => this.#admit(socket));
    this.#server.on('secureConnection', (socket) => void this.#handle(socket, socket.remoteAddress ?? 'somebody'));
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async start(): Promise<this> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, ...(host !== undefined && { host }), backlog: 4096 }, resolve);
    });
    return this;
  }

  /** A connection that came another way, over a WebSocket say: the same TLS and the same pins run inside it. */
  accept(raw: Duplex, identity: Identity, peer: string): void {
    if (this.#isClosing) return void raw.destroy();
    const socket = new TLSSocket(raw as Socket, { ...tlsOptions(identity), isServer: true }); // any duplex will do
    const timer = setTimeout(() => raw.destroy(), this.#limits.identifyMs);
    socket.on('error', () => raw.destroy()).once('close', () => clearTimeout(timer));
    socket.once('secure', () => {
      clearTimeout(timer);
      void this.#handle(socket, peer);
    });
  }

  /** End every connection of a thumbprint that is no longer trusted (1.4). */
  drop(thumbprint: string): void {
    for (const socket of this.#known.get(thumbprint) ?? []) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Before TLS: whoever has not said who he is may not be many, and not for long. */
  #admit(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const here = this.#strangers.get(address) ?? 0;
    socket.on('error', () => {});
    if (this.#strangersInAll >= this.#limits.strangers || here >= this.#limits.strangersPerAddress) {
      socket.destroy();
      return;
    }
    this.#strangers.set(address, here + 1);
    this.#strangersInAll++;
    this.#sockets.add(socket);
    const timer = setTimeout(() => socket.destroy(), this.#limits.identifyMs);
    const known = once(() => {
      clearTimeout(timer);
      this.#strangersInAll--;
      const left = (this.#strangers.get(address) ?? 1) - 1;
      if (left > 0) this.#strangers.set(address, left);
      else this.#strangers.delete(address);
    });
    IDENTIFIED.set(socket, known);
    socket.once('close', () => {
      known();
      this.#sockets.delete(socket);
    });
  }

  async #handle(socket: TLSSocket, peer: string): Promise<void> {
    this.#sockets.add(socket);
    socket.on('error', () => {}).once('close', () => this.#sockets.delete(socket));
    const wire = new Wire(socket, peer);
    const limit = setTimeout(() => wire.destroy(), this.#limits.identifyMs);
    try {
      await this.#converse(wire, socket, () => {
        clearTimeout(limit);
        identified(socket);
      });
    } catch (error) {
      this.#options.onError?.(error, peer);
    } finally {
      clearTimeout(limit);
      if (wire.isOpen) wire.end();
    }
  }

  /** The checks of 1.4 in their order. Whoever fails one gets no byte. */
  async #converse(wire: Wire, socket: TLSSocket, established: () => void): Promise<void> {
    const opening = await readOpening(wire, this.#limits);
    if (opening === undefined) return;
    if (!isPreamble(opening)) return answerPage(wire, this.#options, this.#limits);
    const { raw: der } = socket.getPeerCertificate() ?? {};
    const { peer } = wire;
    if (!der) return this.#refuse(wire, { peer, why: 'presented no certificate' });
    const thumbprint = thumbprintOf(der);
    const { clients, subscribers } = this.#options;
    if (!subscribers && !clients?.isTrusted(thumbprint))
      return this.#refuse(wire, { peer, thumbprint, why: 'is not trusted' });
    const identity = await readIdentity(wire, this.#limits.readWriteMs);
    if (!identity) return;
    this.#remember(thumbprint, socket);
    if (identity.word === 'MX-SUBSCRIBER') return this.#subscriber(wire, identity, { thumbprint, der }, established);
    if (identity.word === 'MX-SERVER' || !clients)
      return this.#refuse(wire, { peer, thumbprint, why: `said ${identity.word}` });
    if (!clients.isTrusted(thumbprint)) return this.#refuse(wire, { peer, thumbprint, why: 'is not trusted' });
    await wire.write(identityBlock('MX-SERVER'), this.#limits.readWriteMs);
    established();
    await serveClient(wire, { services: clients.services, peerThumbprint: thumbprint, limits: this.#limits });
  }

  async #subscriber(
    wire: Wire,
    { uri, offersMux }: Extract<Identification, { word: 'MX-SUBSCRIBER' }>,
    { thumbprint, der }: { readonly thumbprint: string; readonly der: Uint8Array },
    established: () => void,
  ): Promise<void> {
    const { peer } = wire;
    const found = await this.#options.subscribers?.find(uri, thumbprint, der);
    if (!found)
      return this.#refuse(wire, {
        peer,
        thumbprint,
        subscription: uri,
        why: 'is not registered for this subscription',
      });
    if (!wire.isOpen) return;
    const { subscription, changed, held } = found;
    const stop = () => wire.destroy();
    changed?.addEventListener('abort', stop, { once: true });
    if (changed?.aborted) stop();
    try {
      await wire.write(identityBlock('MX-SERVER', offersMux ? [MUX_OFFER] : []), this.#limits.readWriteMs);
      established();
      using _held = held?.();
      if (!offersMux) return await subscription.attach(wire, thumbprint);
      const { socket, ahead } = wire.release();
      await subscription.attachMux(new Mux(socket, { peer: uri, limits: this.#limits, ahead }));
    } finally {
      changed?.removeEventListener('abort', stop);
    }
  }

  #refuse(wire: Wire, refusal: Refusal): void {
    wire.destroy();
    this.#options.onRefused?.(refusal);
  }

  #remember(thumbprint: string, socket: Duplex): void {
    const sockets = this.#known.get(thumbprint) ?? new Set();
    this.#known.set(thumbprint, sockets.add(socket));
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0 && this.#known.get(thumbprint) === sockets) this.#known.delete(thumbprint);
    });
  }
}

/** Tickets are of no use here and cost 10 KiB a connection; without them every connection shows its certificate (11.1). */
function tlsOptions({ certificatePem, privateKeyPem }: Identity) {
  return {
    cert: certificatePem,
    key: privateKeyPem,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_TICKET,
  } as const;
}

const IDENTIFIED = new WeakMap<object, () => void>();
/** A TLS socket and the one below are two objects; both lead to the same mark. */
function identified(socket: TLSSocket): void {
  const { _parent: below } = socket as unknown as { _parent?: object }; // undocumented, and only a count depends on it
  IDENTIFIED.get(below ?? socket)?.();
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}

/** Listening failed: the port is taken, or not ours to take. */
export function listenError(error: unknown, { host, port }: { host?: string | undefined; port: number }): HalibutError {
  const { code = '' } = error as { code?: string };
  const at = `${host ?? '*'}:${port}`;
  const why = { EADDRINUSE: 'is taken', EACCES: 'needs more rights', EADDRNOTAVAIL: 'is no address of this machine' }[
    code
  ];
  return new HalibutError('OCTO_TRANSPORT_LISTEN', `cannot listen on ${at}: ${why ? `it ${why}` : String(error)}`, {
    started: 'no',
    isRetryable: false,
    hint: 'choose another port, or stop what uses this one',
    cause: error,
  });
}
