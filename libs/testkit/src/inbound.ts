import { type Inbound, type Registration } from '@octo/kernel';
import { type IncomingMessage } from 'node:http';
import { type Duplex } from 'node:stream';

type Take = (request: IncomingMessage, socket: Duplex, head: Uint8Array) => void;

/** What a server is to a transport's `serve`, with registrations that a test makes. */
export interface FakeInbound<E> extends Inbound<E> {
  /** Resolves with the first `ready`. */
  readonly listening: Promise<{ readonly host: string; readonly port: number } | undefined>;
  /** Workers that are connected, once for each connection. */
  readonly connected: readonly string[];
  /** Paths whose upgrades are taken. */
  readonly upgrades: ReadonlyMap<string, Take>;
  /** From now on the worker may connect from that address; `change` ends that, as an edit or a deletion would. */
  register(address: string, workerId: string, endpoint: E): { change(): void };
}

export function fakeInbound<E>(): FakeInbound<E> {
  const first = Promise.withResolvers<{ readonly host: string; readonly port: number } | undefined>();
  const known: (Registration<E> & { readonly address: string })[] = [];
  const connected: string[] = [];
  const upgrades = new Map<string, Take>();
  return {
    listening: first.promise,
    connected,
    upgrades,
    ready: (at) => first.resolve(at),
    find: async (address) => known.filter((it) => it.address === address),
    here(workerId) {
      connected.push(workerId);
      let isHeld = true;
      return {
        [Symbol.dispose]() {
          if (isHeld) connected.splice(connected.indexOf(workerId), 1);
          isHeld = false;
        },
      };
    },
    upgrade(path, take) {
      upgrades.set(path, take);
      return { [Symbol.dispose]: () => void upgrades.delete(path) };
    },
    register(address, workerId, endpoint) {
      const stop = new AbortController();
      const it = { address, workerId, endpoint, changed: stop.signal };
      known.push(it);
      return {
        change() {
          known.splice(known.indexOf(it), 1);
          stop.abort();
        },
      };
    },
  };
}
