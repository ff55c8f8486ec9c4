import { ConflictError } from '@octo/kernel';
import { type IncomingMessage, type Server } from 'node:http';
import { type Duplex } from 'node:stream';

type Take = (request: IncomingMessage, socket: Duplex, head: Uint8Array) => void;

/**
 * HTTP upgrades of the server's own port, handed to whoever has taken their path. Everything else that wants to upgrade
 * is a request like any other (clients offer HTTP/2 so): the routes answer it, with 404 where there is none.
 */
export class Upgrades implements Disposable {
  readonly #server: Server;
  readonly #takers = new Map<string, Take>();
  readonly #sockets = new Set<Duplex>();

  /** Of HTTP or HTTPS. */
  constructor(server: Server) {
    this.#server = server;
  }

  add(path: string, take: Take): Disposable {
    const key = keyOf(path);
    if (this.#takers.has(key))
      throw new ConflictError('OCTO_UPGRADE_TAKEN', `another plugin takes the upgrades of ${path}`);
    if (this.#takers.size === 0) this.#begin();
    this.#takers.set(key, take);
    return { [Symbol.dispose]: () => void (this.#takers.get(key) === take && this.#takers.delete(key)) };
  }

  /** Sockets that were handed over end, too. */
  [Symbol.dispose](): void {
    this.#server.off('upgrade', this.#hand);
    this.#takers.clear();
    for (const socket of this.#sockets) socket.destroy();
  }

  #begin(): void {
    Object.assign(this.#server, {
      shouldUpgradeCallback: ({ url }: IncomingMessage) => this.#takers.has(keyOf(url ?? '/')),
    });
    this.#server.off('upgrade', this.#hand).on('upgrade', this.#hand);
  }

  readonly #hand = (request: IncomingMessage, socket: Duplex, head: Uint8Array): void => {
    socket.on('error', () => socket.destroy()); // a peer that goes away is no fault of the process
    const take = this.#takers.get(keyOf(request.url ?? '/'));
    if (!take) {
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n', () => socket.destroy());
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if ('setTimeout' in socket) (socket as Duplex & { setTimeout(ms: number): void }).setTimeout(0); // requests may not idle, agents may
    take(request, socket, head);
  };
}

/** As routes are compared: without case, query and last slash. */
function keyOf(url: string): string {
  const [path = '/'] = url.toLowerCase().split('?');
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}
