// Ports of workers, pools and who holds them; see ports.ts.
import { token } from '@octo/kernel';
import { type Audit, type Page } from './ports-administration.ts';
import { type NewEvent } from './model/event.ts';
import { type Worker, type WorkerPool } from './model/worker.ts';

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

export const Leases = token<Leases>('octo.plane.Leases');
export const Workers = token<Workers>('octo.plane.Workers');
export const Connections = token<Connections>('octo.plane.Connections');
export const Pools = token<Pools>('octo.plane.Pools');
