// Ports of tasks and what belongs to them; see ports.ts.
import { token, type Bytes } from '@octo/kernel';
import { type Page } from './ports-administration.ts';
import { type Activity, type LogLine } from './model/activity.ts';
import { type NewEvent } from './model/event.ts';
import { type TaskRequest } from './model/request.ts';
import { type RunChange, type RunKey, type RunRecord } from './model/run.ts';
import { type Claim, type ServerTask, type TaskState, type Waiting } from './model/task.ts';

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

export const Tasks = token<Tasks>('octo.plane.Tasks');
export const Journal = token<Journal>('octo.plane.Journal');
export const ArtifactStore = token<ArtifactStore>('octo.plane.ArtifactStore');
