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
import { type Audit, type Page } from './ports-administration.ts';
import { type Activity, type LogLine } from './model/activity.ts';
import { type NewEvent } from './model/event.ts';
import { type TaskRequest } from './model/request.ts';
import { type RunChange, type RunKey, type RunRecord } from './model/run.ts';
import { type Claim, type ServerTask, type TaskState, type Waiting } from './model/task.ts';
import { type Worker, type WorkerPool } from './model/worker.ts';

export interface TaskFilter {
  readonly ids?: readonly string[];
  readonly states?: readonly TaskState[];
  readonly name?: string;
  readonly nodeId?: string;
  readonly spaceIds?: readonly string[];
  /** That ran, or began to run, on this worker. */
  readonly workerId?: string;
  /** Queued before this one. */
  readonly queuedBefore?: string;
  /** Substring of the description, case-insensitive. */
  readonly partialName?: string;
  readonly hasWarningsOrErrors?: boolean;
  readonly skip: number;
  readonly take: number;
}

/** What may change beside the state. `null` clears. */
export interface TaskChange {
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly waiting?: Waiting | null;
}

/** Tasks and the holds on them. Every write under a claim fails with OCTO_CLAIM_LOST once the fence is stale. */
export interface Tasks {
  enqueue(
    spaceId: string,
    request: TaskRequest,
    queue: { readonly nowMs: number; readonly expiresAtMs?: number; readonly onlyNodeId?: string },
  ): Promise<ServerTask>;
  get(taskId: string): Promise<ServerTask | undefined>;
  /** What the task carries out, decrypted. */
  request(taskId: string): Promise<TaskRequest>;
  /** Newest first. */
  list(filter: TaskFilter): Promise<Page<ServerTask>>;
  /** Number of tasks by state. */
  counts(): Promise<Readonly<Partial<Record<TaskState, number>>>>;

  /**
   * Atomically take the oldest queued task that this node may run: Queued -> Executing, fence + 1.
   * `onlyOwn`: only those that name this node. Tasks that name another node are never taken, nor those of a type in
   * `except`.
   */
  claimNext(
    node: { readonly nodeId: string; readonly onlyOwn: boolean; readonly except?: readonly string[] },
    at: { readonly nowMs: number; readonly untilMs: number },
  ): Promise<{ readonly task: ServerTask; readonly claim: Claim } | undefined>;
  /**
   * Take over what a dead node (or this very node, before its restart) held: fence + 1, state kept. `except` those that
   * it works on.
   */
  adopt(
    deadNodeId: string,
    nodeId: string,
    at: { readonly nowMs: number; readonly untilMs: number; readonly except?: readonly string[] },
  ): Promise<readonly { readonly task: ServerTask; readonly claim: Claim }[]>;
  /** Prolong this node's claims; answers with the tasks that it still holds, by id, with state and fence. */
  renew(
    nodeId: string,
    untilMs: number,
  ): Promise<readonly { readonly taskId: string; readonly state: TaskState; readonly fence: number }[]>;
  /** Give claims back without ending the tasks (stop of the node); they stay Executing until somebody adopts them. */
  detach(claim: Claim, nowMs: number): Promise<void>;
  /** Let another node go on with it: the claim becomes that node's, fence + 1, good until then. */
  handOver(claim: Claim, nodeId: string, at: { readonly nowMs: number; readonly untilMs: number }): Promise<void>;

  /** Move a claimed task. False when the table of R213 does not allow it from the present state. */
  move(claim: Claim, to: TaskState, change: TaskChange, nowMs: number): Promise<boolean>;
  /** Queued -> Canceled, Executing -> Cancelling; answers with the task as it is then. Quiet about an ended task. */
  requestCancel(taskId: string, nowMs: number): Promise<ServerTask | undefined>;
  /** Queued tasks that name this node, now dead, and queued tasks past their expiry. They end without a claim. */
  endQueued(
    which: { readonly onlyNodeId: string } | { readonly expiredAtMs: number },
    to: 'Canceled' | 'TimedOut',
    change: TaskChange,
    nowMs: number,
  ): Promise<readonly ServerTask[]>;
  setWaiting(taskId: string, waiting: Waiting | null): Promise<void>;
  /** By hand: an ended task ends otherwise (Success, Failed or Canceled). Undefined where it is not over. */
  override(taskId: string, to: TaskState, reason: string, audit: NewEvent): Promise<ServerTask | undefined>;
  /**
   * Delete ended tasks with all that belongs to them, but for the newest `keepOfEach` of each type and the newest `keep`
   * that ended after `sinceMs` (R218). At most `limit` at once, the oldest first; answers with their ids.
   */
  sweep(rule: {
    readonly sinceMs: number;
    readonly keep: number;
    readonly keepOfEach: number;
    readonly limit: number;
  }): Promise<readonly string[]>;
}

export type NewLine = Omit<LogLine, 'seq'>;
export interface OutputVariable {
  readonly action: number;
  readonly actionName: string;
  readonly name: string;
  readonly value: string;
  readonly sensitive: boolean;
}
export interface NewArtifact {
  readonly action: number;
  readonly name: string;
  /** Path on the worker. */
  readonly path: string;
}
export interface Artifact extends NewArtifact {
  /** `Artifacts-3`. */
  readonly id: string;
  readonly taskId: string;
  /** Absent until its bytes have been fetched. */
  readonly sizeBytes?: number;
  readonly sha256?: string;
}
export type ActivityChange = Pick<Activity, 'id'> & Partial<Activity>;

/** Everything that one moment of a running task changes. It is stored whole or not at all. */
export interface Entry {
  readonly lines?: readonly NewLine[];
  readonly activities?: readonly ActivityChange[];
  readonly runs?: readonly RunChange[];
  readonly outputs?: readonly OutputVariable[];
  readonly artifacts?: readonly NewArtifact[];
  /** Texts to be masked from now on in this task. Stored encrypted. */
  readonly masks?: readonly string[];
}

/** Lines `first` to `last` without a gap; none where `last` is smaller. */
export interface PackedLines {
  readonly first: number;
  readonly last: number;
  /** Items of a JSON list, separated by commas: [activityId, category, atMs, text]. */
  readonly rows: string;
}

/** The log of tasks and what belongs to it: activities, runs, outputs, artifacts, masks. */
export interface Journal {
  /** Append under a claim; lines get the next numbers. One transaction. Returns the last number given. */
  append(claim: Claim, entry: Entry): Promise<number>;
  /** For whoever ends a task that nobody holds (a queued one). */
  appendUnclaimed(taskId: string, lines: readonly NewLine[]): Promise<void>;
  /** Lines after number `after`, at most about `limitBytes` of text, at least one if there is one. */
  read(taskId: string, after: number, limitBytes: number): Promise<readonly LogLine[]>;
  /** The same for a reader far away: nothing is parsed. Whole stored chunks, so it may be some 256 KiB more. */
  readPacked(taskId: string, after: number, limitBytes: number): Promise<PackedLines>;
  /** Number of the last line, and stored size of all of them. */
  size(taskId: string): Promise<{ readonly lastSeq: number; readonly bytes: number }>;
  activities(taskId: string): Promise<readonly Activity[]>;
  findRun(key: RunKey): Promise<RunRecord | undefined>;
  runs(taskId: string): Promise<readonly RunRecord[]>;
  outputs(taskId: string): Promise<readonly OutputVariable[]>;
  masks(taskId: string): Promise<readonly string[]>;
  artifacts(taskId: string): Promise<readonly Artifact[]>;
}

/** Bytes of artifacts. `put` is whole or not at all and may be repeated. */
export interface ArtifactStore {
  put(claim: Claim, artifactId: string, content: Bytes, signal: AbortSignal): Promise<void>;
  /** Delete bytes that were stored before then, and what interrupted ones left; answers with how many. Their rows stay. */
  sweep(beforeMs: number): Promise<number>;
  /** NotFoundError OCTO_ARTIFACT_EXPIRED where the bytes were swept; undefined where they were never fetched. */
  get(artifactId: string): Promise<{ readonly artifact: Artifact; readonly content: Bytes } | undefined>;
}

export interface Lease {
  /** `WorkerTaskLeases-9`. */
  readonly id: string;
  readonly workerId: string;
  readonly taskId: string;
  readonly spaceId: string;
  readonly nodeId: string;
  readonly takenAtMs: number;
  /** Not renewed by then: void (R70). */
  readonly untilMs: number;
  readonly exclusive: boolean;
}
export interface Leases {
  take(lease: Omit<Lease, 'id'>): Promise<Lease>;
  release(leaseId: string): Promise<void>;
  renew(nodeId: string, untilMs: number): Promise<void>;
  releaseOfNode(nodeId: string): Promise<void>;
  /** Leases that are still good at `nowMs`. */
  list(nowMs: number): Promise<readonly Lease[]>;
  /** By worker: how many good leases, and when it was last leased (also by leases that are over). */
  load(
    workerIds: readonly string[],
    nowMs: number,
  ): Promise<ReadonlyMap<string, { readonly active: number; readonly lastLeasedAtMs?: number }>>;
}

export interface WorkerFilter {
  readonly spaceId: string;
  readonly ids?: readonly string[];
  /** Whole name, case-insensitive. */
  readonly name?: string;
  /** Part of the name, case-insensitive. */
  readonly partialName?: string;
  readonly health?: readonly string[];
  readonly styles?: readonly string[];
  readonly poolIds?: readonly string[];
  readonly isDisabled?: boolean;
  /** As the endpoint has it, in upper case. */
  readonly thumbprints?: readonly string[];
  /** As checks have found it. */
  readonly shellNames?: readonly string[];
  readonly skip: number;
  readonly take: number;
}
export interface Workers {
  /** By name. */
  list(spaceId: string): Promise<readonly Worker[]>;
  /** By name; the database picks the page, so that it costs the same among ten workers and among ten thousand. */
  find(filter: WorkerFilter): Promise<Page<Worker>>;
  get(workerId: string): Promise<Worker | undefined>;
  add(worker: Omit<Worker, 'id'>, audit?: Audit<Worker>): Promise<Worker>;
  /** NotFoundError where it is gone. */
  update(worker: Worker, audit: Audit<Worker>): Promise<Worker>;
  /** What was found out about it; no other member changes. `audit` is asked only where the health changes (R98). */
  setHealth(
    workerId: string,
    found: Partial<Pick<Worker, 'health' | 'statusSummary' | 'details'>>,
    audit: (worker: Worker, before: Worker) => NewEvent | undefined,
  ): Promise<void>;
  /** Those of a style that have this address, of all spaces (see `TransportType.address`). */
  byAddress(style: string, address: string): Promise<readonly Worker[]>;
  /** What their connections depend on; those that are gone are absent. */
  endpoints(workerIds: readonly string[]): Promise<ReadonlyMap<string, Pick<Worker, 'style' | 'endpoint'>>>;
  /** Compute every address anew, for what transports are loaded may have changed; answers with how many have changed. */
  readdress(): Promise<number>;
  /** Refused while somebody holds a lease on it that is good at `nowMs`, naming the tasks (R35). */
  remove(worker: Worker, nowMs: number, audit: Audit<Worker>): Promise<void>;
}
export interface Pools {
  /** By sort order, then name. */
  list(spaceId: string): Promise<readonly WorkerPool[]>;
  get(poolId: string): Promise<WorkerPool | undefined>;
  add(pool: Omit<WorkerPool, 'id'>, audit?: Audit<WorkerPool>): Promise<WorkerPool>;
  /** One that becomes the default takes that from the other, in the same transaction (R45). */
  update(pool: WorkerPool, audit: Audit<WorkerPool>): Promise<WorkerPool>;
  /** Refused for the default pool and while workers are in it (R45, R53). */
  remove(pool: WorkerPool, audit: Audit<WorkerPool>): Promise<void>;
  /** Ids of all pools of the space in their new order (R46). */
  sort(spaceId: string, poolIds: readonly string[], audit: NewEvent): Promise<void>;
}

/** Where a worker is connected that called a node. It may have called several (R134). */
export interface Connection {
  readonly workerId: string;
  readonly nodeId: string;
  readonly sinceMs: number;
}
export interface Connections {
  /** Who came to this node and who left it, whole or not at all; both were seen at `nowMs`. Unknown workers are passed over. */
  note(
    nodeId: string,
    change: { readonly came: readonly string[]; readonly left: readonly string[] },
    nowMs: number,
  ): Promise<void>;
  of(workerIds: readonly string[]): Promise<readonly Connection[]>;
  /** When each came or left last; absent where it never did. */
  lastSeen(workerIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  releaseOfNode(nodeId: string): Promise<void>;
}

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

export const Tasks = token<Tasks>('octo.plane.Tasks');
export const Journal = token<Journal>('octo.plane.Journal');
export const ArtifactStore = token<ArtifactStore>('octo.plane.ArtifactStore');
export const Leases = token<Leases>('octo.plane.Leases');
export const Workers = token<Workers>('octo.plane.Workers');
export const Connections = token<Connections>('octo.plane.Connections');
export const Pools = token<Pools>('octo.plane.Pools');
export const Nodes = token<Nodes>('octo.plane.Nodes');
export const Liveness = token<Liveness>('octo.plane.Liveness');
export const Settings = token<Settings>('octo.plane.Settings');
export const Signals = token<Signals>('octo.plane.Signals');
export const Rooms = token<Rooms>('octo.plane.Rooms');
export const Runtimes = token<Runtimes>('octo.plane.Runtimes');
export const Registry = token<Registry>('octo.plane.Registry');
