import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { limited } from './limited.ts';
import { type Fault, Pump, type Where } from './pump.ts';

/** `up`: from who connected to the target. */
export type Direction = 'up' | 'down';

/** A fault for a connection still to come, or for all that are open now. */
export interface Rule extends Where {
  readonly direction: Direction;
  readonly fault: Fault;
  /** Only the connection with this number, 1 is the first of the forwarder. Default: each one opened after the arming. */
  readonly connection?: number;
}

/** What happens to who connects from now on: `refuse` is ECONNREFUSED, `black-hole` takes the connection and says nothing. */
export type Door = 'forward' | 'refuse' | 'black-hole';

/** One forwarded connection. Bytes are opaque, so TLS runs through it. */
export class ForwardedConnection {
  readonly number: number;
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #pumps: Readonly<Record<Direction, Pump>>;
  #isOpen = true;
  /** Settles, without a fault, when nothing of it is left. */
  readonly closed: Promise<void>;

  constructor(number: number, near: Socket, far: Socket) {
    this.number = number;
    this.#near = near;
    this.#far = far;
    const cut = () => this.cut();
    this.#pumps = { up: new Pump(near, far, cut), down: new Pump(far, near, cut) };
    for (const socket of [near, far]) socket.on('error', cut);
    const gone = [near, far].map(
      (socket) => new Promise<void>((resolve) => void socket.once('close', () => resolve())),
    );
    this.closed = Promise.all([...gone, this.#pumps.up.run(), this.#pumps.down.run()]).then(() => {
      this.#isOpen = false;
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }
  /** Bytes handed on so far. */
  get bytes(): Readonly<Record<Direction, number>> {
    return { up: this.#pumps.up.bytes, down: this.#pumps.down.bytes };
  }

  /** RST to both ends. */
  cut(): void {
    for (const socket of [this.#near, this.#far]) reset(socket);
    this.release('up');
    this.release('down');
  }
  halfClose(direction: Direction): void {
    this.#pumps[direction].apply({ kind: 'half-close' });
  }
  stall(direction: Direction): void {
    this.#pumps[direction].apply({ kind: 'stall' });
  }
  delay(direction: Direction, ms: number): void {
    this.#pumps[direction].apply({ kind: 'delay', ms });
  }
  /** Takes a stall and a delay back. */
  release(direction: Direction): void {
    this.#pumps[direction].release();
  }
  arm({ direction, fault, ...where }: Omit<Rule, 'connection'>): void {
    this.#pumps[direction].arm(fault, where);
  }
  /** Until so many bytes in all went this way; at most 30 s. */
  reached(direction: Direction, bytes: number, signal?: AbortSignal): Promise<void> {
    return this.#pumps[direction].reached(bytes, signal);
  }
}

/** A TCP forwarder on 127.0.0.1 that does to its connections what networks do. */
export class Forwarder implements AsyncDisposable {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #all: ForwardedConnection[] = [];
  readonly #rules: Rule[] = [];
  readonly #dark = new Set<Socket>();
  readonly #waiting = new Set<(connection: ForwardedConnection) => void>();
  #server: Server | undefined;
  #port = 0;
  #door: Door = 'forward';

  private constructor(target: { readonly host?: string; readonly port: number }) {
    this.#target = { host: '127.0.0.1', ...target };
  }

  static async listen(target: { readonly host?: string; readonly port: number }): Promise<Forwarder> {
    const forwarder = new Forwarder(target);
    await forwarder.#open();
    return forwarder;
  }

  get port(): number {
    return this.#port;
  }
  /** Every connection since the start, the first one first; `isOpen` tells those that are left. */
  get connections(): readonly ForwardedConnection[] {
    return this.#all;
  }

  /** Arms a fault for connections to come; see `ForwardedConnection.arm` for one that is open. */
  arm(rule: Rule): void {
    this.#rules.push(rule);
  }
  disarm(): void {
    this.#rules.length = 0;
  }

  /** The state of the door for who comes next; connections that are open stay. */
  async set(door: Door): Promise<void> {
    this.#door = door;
    if (door !== 'refuse') return await this.#open();
    this.#server?.close();
    this.#server = undefined;
  }

  cutAll(): void {
    for (const connection of this.#all) if (connection.isOpen) connection.cut();
    for (const socket of this.#dark) socket.resetAndDestroy();
  }

  /** The next connection that is made; at most 30 s. */
  async waitForConnection(signal?: AbortSignal): Promise<ForwardedConnection> {
    const { promise, resolve } = Promise.withResolvers<ForwardedConnection>();
    this.#waiting.add(resolve);
    try {
      return await limited(promise, `a connection to the forwarder, which has seen ${this.#all.length}`, { signal });
    } finally {
      this.#waiting.delete(resolve);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#door = 'refuse';
    const server = this.#server;
    this.#server = undefined;
    const closed = server && new Promise<void>((resolve) => void server.close(() => resolve()));
    this.cutAll();
    await Promise.all([closed, ...this.#all.map((connection) => connection.closed)]);
  }

  async #open(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true }, (near) => this.#accept(near));
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port; // a TCP server has no path
  }

  #accept(near: Socket): void {
    if (this.#door === 'black-hole') return this.#swallow(near);
    near.on('error', () => undefined); // until the target is reached; then the connection has its own
    const far = connect({ ...this.#target, allowHalfOpen: true });
    far.once('error', () => near.resetAndDestroy());
    near.once('close', () => far.connecting && far.destroy());
    far.once('connect', () => {
      if (near.destroyed || this.#door === 'refuse') return void [near, far].map((socket) => socket.resetAndDestroy());
      const connection = new ForwardedConnection(this.#all.length + 1, near, far);
      this.#all.push(connection);
      for (const { connection: only, ...rule } of this.#rules)
        if (only === undefined || only === connection.number) connection.arm(rule);
      for (const resolve of this.#waiting) resolve(connection);
    });
  }

  #swallow(near: Socket): void {
    this.#dark.add(near);
    near.on('error', () => undefined);
    near.once('close', () => this.#dark.delete(near));
  }
}

/** A system that was asked for a FIN and has not answered refuses to reset, and then the socket would never be closed. */
function reset(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
