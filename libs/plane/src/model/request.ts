/** One variable of a task. A later entry of the same name (case-insensitive) wins. */
export interface VariableEntry {
  readonly name: string;
  readonly value: string;
  readonly sensitive?: boolean;
}

/** The smallest part that runs on a worker, as it was asked for. */
export interface ActionRequest {
  readonly name: string;
  /** Step type, e.g. `Octopus.Script`. */
  readonly type: string;
  /** Property names in full, as on the wire: `Octopus.Action.Script.ScriptBody`. */
  readonly properties: Readonly<Record<string, string>>;
  /** Laid beside its script, by path relative to the workspace. */
  readonly files?: readonly { readonly name: string; readonly contentBase64: string }[];
  /** Name, slug or id of a worker pool. Default: the task's pool, else the space's default pool. */
  readonly pool?: string;
  /** Id of the one worker that may run it; it is in that pool or not. */
  readonly workerId?: string;
}

/** Source: R88, R93, R94. */
export interface HealthRequest {
  readonly workerIds: readonly string[];
  /** Asked of the node where they were connected: where they are not now, they are waited for and not sent after. */
  readonly isSentOn?: boolean;
  /** Asked for by a person: a quarantine ends if the check passes. */
  readonly isManual?: boolean;
  /** Only whether they answer, whatever their policies say. */
  readonly isConnectivityOnly?: boolean;
  /** Agents of ours that are old are updated, whatever their policies say (R104). */
  readonly isUpdate?: boolean;
  /** The policy that was due; for people. */
  readonly policyId?: string;
  /** Longest check of one machine. Default: 2 min (R96). */
  readonly machineTimeoutMs?: number;
}

/** What a task carries out: stored encrypted as a whole, since script bodies may hold secrets, too. */
export interface TaskRequest {
  readonly name: string;
  readonly description: string;
  readonly actions: readonly ActionRequest[];
  readonly variables: readonly VariableEntry[];
  readonly pool?: string;
  /** A check of workers, in place of actions. */
  readonly health?: HealthRequest;
  /** Longest execution; then running scripts are cancelled and the task ends as TimedOut. Default: none. */
  readonly timeoutMs?: number;
  /** Longest time in the queue; then the task ends as TimedOut. Default: one day (R211). */
  readonly queueTimeoutMs?: number;
}
