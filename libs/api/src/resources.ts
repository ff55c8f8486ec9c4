// What the REST API speaks of, in camelCase. The wire is PascalCase; the mapping happens in this package and nowhere else.
// Instants are ISO 8601 text in UTC. Source of names and shapes: rest.md 2.1–2.10; `octo` marks our own.

export const TASK_STATES = ['Queued', 'Executing', 'Cancelling', 'Success', 'Failed', 'Canceled', 'TimedOut'] as const;
export type TaskState = (typeof TASK_STATES)[number];

export interface Paged<T> {
  readonly itemType: string;
  readonly totalResults: number;
  readonly itemsPerPage: number;
  readonly numberOfPages: number;
  readonly lastPageNumber: number;
  readonly items: readonly T[];
  readonly links: Readonly<Record<string, string>>;
}

export interface RootResource {
  readonly application: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly installationId: string;
  readonly links: Readonly<Record<string, string>>;
}

export interface SpaceResource {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly isDefault: boolean;
}

export interface TaskResource {
  readonly id: string;
  readonly spaceId: string | null;
  readonly name: string;
  readonly description: string;
  readonly state: TaskState;
  readonly queueTime: string;
  readonly queueTimeExpiry: string | null;
  readonly startTime: string | null;
  readonly lastUpdatedTime: string;
  readonly completedTime: string | null;
  readonly duration: string;
  readonly serverNode: string | null;
  readonly errorMessage: string;
  readonly isCompleted: boolean;
  readonly finishedSuccessfully: boolean;
  readonly hasWarningsOrErrors: boolean;
}

export interface WorkerResource {
  readonly id: string;
  readonly spaceId: string;
  readonly name: string;
  readonly slug: string;
  readonly workerPoolIds: readonly string[];
  readonly machinePolicyId: string;
  readonly isDisabled: boolean;
  readonly healthStatus: string;
  readonly statusSummary: string;
  readonly endpoint: Readonly<Record<string, unknown>> & { readonly communicationStyle: string };
}

export interface WorkerPoolResource {
  readonly id: string;
  readonly spaceId: string;
  readonly name: string;
  readonly slug: string;
  readonly description: string;
  readonly workerPoolType: string;
  readonly isDefault: boolean;
  readonly sortOrder: number;
  readonly canAddWorkers: boolean;
}

// ---- octo's own, below /api/octo ----

/** Body of POST /api/octo/runs. */
export interface RunRequest {
  readonly description?: string;
  readonly actions: readonly {
    readonly name: string;
    readonly type: string;
    readonly properties: Readonly<Record<string, string>>;
    readonly pool?: string;
  }[];
  readonly variables?: readonly { readonly name: string; readonly value: string; readonly sensitive?: boolean }[];
  readonly pool?: string;
  /** Seconds. */
  readonly timeoutSeconds?: number;
  readonly queueTimeoutSeconds?: number;
}

export interface LogLineResource {
  readonly seq: number;
  readonly activityId: string;
  /** Verbose, Info, Highlight, Wait, Warning, Error … */
  readonly category: string;
  readonly occurredAt: string;
  readonly text: string;
}

/** One page of a task's log, and how the task stands. `next` is the number to pass as `after`. */
export interface LogPage {
  readonly lines: readonly LogLineResource[];
  readonly next: number;
  readonly state: TaskState;
  readonly isCompleted: boolean;
  /** True when nothing more can come: the task is over and this page reached the end. */
  readonly isEnd: boolean;
  /** Progress of the running action, if it told any. */
  readonly progress: { readonly percentage: number; readonly message: string } | null;
  /** False when the node that held the task is gone and nobody observes it now. */
  readonly isObserved: boolean;
}

export interface WaitingResource {
  readonly for: string;
  readonly since: string;
  readonly until: string | null;
  readonly whenOver: string;
}
export interface ActivityResource {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly started: string | null;
  readonly ended: string | null;
}
/** GET /api/octo/tasks/{id}: the task and what a person asks about it. */
export interface TaskInsight {
  readonly task: TaskResource;
  readonly errorCode: string | null;
  readonly waiting: WaitingResource | null;
  readonly nodeId: string | null;
  readonly isObserved: boolean;
  readonly activities: readonly ActivityResource[];
  readonly runs: readonly {
    readonly action: number;
    readonly attempt: number;
    readonly key: string;
    readonly ticket: string;
    readonly workerId: string;
    readonly workerName: string;
    readonly state: string;
    readonly end: string | null;
    readonly exitCode: number | null;
  }[];
  /** Sensitive values come as null. */
  readonly outputs: readonly { readonly action: string; readonly name: string; readonly value: string | null }[];
  readonly artifacts: readonly {
    readonly id: string;
    readonly name: string;
    readonly sizeBytes: number | null;
    readonly sha256: string | null;
  }[];
  readonly logLines: number;
  readonly logBytes: number;
}

/** The built-in worker of one node; no row of /workers. */
export interface BuiltInWorkerResource {
  readonly id: string;
  readonly name: string;
  readonly nodeId: string;
  readonly nodeKind: 'server' | 'in-process';
  readonly isEnabled: boolean;
  /** Whether it would be used now, and why (R14–R16). */
  readonly isUsed: boolean;
  readonly because: string;
  readonly activeLeases: number;
}
export interface NodeResource {
  readonly id: string;
  readonly name: string;
  readonly kind: 'server' | 'in-process';
  readonly taskCap: number;
  readonly runningTasks: number;
  readonly lastSeen: string;
  readonly isAlive: boolean;
}
export interface PluginResource {
  readonly name: string;
  readonly version: string;
  readonly root: string;
  readonly contract: number;
  /** 'step Octopus.Script', 'transport None', 'scheduler least-leases' … */
  readonly brings: readonly string[];
  /** Why it was refused; null when it is loaded. */
  readonly refused: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
}
export interface SettingsResource {
  readonly isBuiltInWorkerEnabled: boolean;
}
