// What the plane needs from outside: stores, registries, liveness of nodes. libs/storage implements the stores; the
// suite `storageContract` in @octo/testkit holds every promise made here, on every database.
import {
  token,
  type ActivityLog,
  type Bytes,
  type Deps,
  type Inbound,
  type MachineProgram,
  type Opening,
  type PoolScheduler,
  type Proxy,
  type Resolved,
  type Session,
  type StepType,
} from '@octo/kernel';
import { type NewEvent } from './model/event.ts';

export * from './ports-tasks.ts';
export * from './ports-workers.ts';

/** One process that opened the plane. */
export interface Node {
  readonly id: string;
  readonly name: string;
  readonly kind: 'server' | 'in-process';
  /** Most tasks that it executes at once; 0 = none (R206). */
  readonly taskCap: number;
  readonly startedAtMs: number;
  readonly lastSeenMs: number;
}
export interface Nodes {
  /** Insert or refresh; a node that comes back keeps the task cap that was set for it. Answers with what is stored. */
  register(node: Node): Promise<Node>;
  list(): Promise<readonly Node[]>;
  get(nodeId: string): Promise<Node | undefined>;
  seen(nodeId: string, nowMs: number): Promise<void>;
  setTaskCap(nodeId: string, taskCap: number): Promise<boolean>;
  remove(nodeId: string): Promise<void>;
}
/** Who is alive. On one data folder: locks that end with their process, kill -9 too. */
export interface Liveness {
  /** True when no living process is that node. */
  isDead(nodeId: string): Promise<boolean>;
}

/** Settings of the whole installation, as JSON values by name. */
export interface Settings {
  get<T>(name: string, fallback: T): Promise<T>;
  set(name: string, value: unknown, audit?: NewEvent): Promise<void>;
  /** Set it if it still is `from` (null: not set). False: somebody else was faster. */
  swap(name: string, from: unknown, to: unknown): Promise<boolean>;
}

/** Wakes sleepers of this process. Polling is the net under it, for what other processes change. */
export interface Signals {
  publish(topic: string): void;
  /** A subscription remembers what was published since it was made or last waited for: nothing is missed. */
  subscribe(topic: string): Subscription;
}
export interface Subscription extends Disposable {
  /** Resolves at the next publication or after `limitMs`; rejects with the signal's reason. */
  next(limitMs: number, signal: AbortSignal): Promise<void>;
}

/** Step types, transports and schedulers of the loaded plugins, made live on demand. */
export interface Registry {
  stepTypes(): readonly string[];
  step(type: string): StepType | undefined;
  styles(): readonly string[];
  transport(style: string): LiveTransport | undefined;
  /** Indexed address of an endpoint; `''` where the style has none, or the endpoint does not fit it. */
  address(style: string, endpoint: unknown): Promise<string>;
  scheduler(name: string): PoolScheduler | undefined;
}
export interface LiveTransport {
  readonly style: string;
  readonly reach: 'anywhere' | 'where-connected' | 'own-node';
  /** Parses the stored endpoint by the transport's schema, then opens. */
  open(to: Opening<unknown>, signal: AbortSignal): Promise<Session>;
  /** Who answers there, as members of an endpoint. Absent: the transport cannot ask. */
  discover?(
    at: { readonly host: string; readonly port: number; readonly proxy?: Proxy },
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>>;
  /** Absent: its workers never call us. */
  serve?(inbound: Inbound<unknown>, signal: AbortSignal): Promise<void>;
}

/** Node for workers that have none. */
export interface Runtimes {
  /** For a system as `Capabilities.platform` names it. Undefined: there is none to send. */
  node(
    platform: string,
    signal: AbortSignal,
  ): Promise<{ readonly content: Bytes; readonly sha256: string } | undefined>;
  /** The newest agent of ours for such a system. Undefined: this server has none to send. */
  agent(platform: string, signal: AbortSignal): Promise<MachineProgram | undefined>;
}

/** Opens the narrow rooms in which a step's own services live (house.md 3.6). */
export interface Rooms {
  openTask(given: { readonly spaceId: string; readonly log: ActivityLog }): StepServices;
}
export interface StepServices extends AsyncDisposable {
  resolve<D extends Deps>(deps: D): Resolved<D>;
}

export const Nodes = token<Nodes>('octo.plane.Nodes');
export const Liveness = token<Liveness>('octo.plane.Liveness');
export const Settings = token<Settings>('octo.plane.Settings');
export const Signals = token<Signals>('octo.plane.Signals');
export const Rooms = token<Rooms>('octo.plane.Rooms');
export const Runtimes = token<Runtimes>('octo.plane.Runtimes');
export const Registry = token<Registry>('octo.plane.Registry');
