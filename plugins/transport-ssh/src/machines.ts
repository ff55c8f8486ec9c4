import { type Clock, type Opening, type Proxy, type Session } from '@octo/kernel';
import { Caller } from './caller.ts';
import { lookAt } from './connection.ts';
import { dial, nameOf } from './dial.ts';
import { DEFAULT_PORT, type SshEndpoint } from './endpoint.ts';
import { Lanes } from './lanes.ts';
import { sessionOn } from './session.ts';
import { wayTo } from './way.ts';

const DISCOVER_MS = 15_000;

/** One set of connections per machine and way of reaching it, shared by all sessions. */
export class Machines implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #lanes = new Map<string, Lanes>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async open(to: Opening<SshEndpoint>, signal: AbortSignal): Promise<Session> {
    const way = await wayTo(to);
    const host = nameOf(way.target);
    const lanes = this.#lanes.get(way.key) ?? new Lanes({ ...way, host });
    this.#lanes.set(way.key, lanes);
    const caller = new Caller({ lanes, clock: this.#clock, limits: to.limits, log: to.log });
    await caller.call(async () => {}, signal); // who cannot be reached is known before anything is started (R63)
    return sessionOn(caller, host);
  }

  /** The fingerprint of what answers there, as OpenSSH shows it and as Octopus does. */
  async discover(at: { readonly host: string; readonly port: number; readonly proxy?: Proxy }, signal: AbortSignal) {
    const place = { host: at.host, port: at.port || DEFAULT_PORT };
    const ways = { dial: (until: AbortSignal) => dial(place, at.proxy, DISCOVER_MS, until), limitMs: DISCOVER_MS };
    const { sha256, md5, type } = await lookAt(place, ways, signal);
    return { Host: place.host, Port: place.port, Fingerprint: sha256, FingerprintMd5: md5, HostKeyType: type };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lanes) => lanes[Symbol.asyncDispose]()));
    this.#lanes.clear();
  }
}
