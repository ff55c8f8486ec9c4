import { OctoError } from '@octo/kernel';

/** Why a running task is told to stop; the reason of its abort signal. It decides how the task ends. */
export class TaskStop extends OctoError {
  readonly how: 'cancel' | 'timeout' | 'detach' | 'claim-lost' | 'storage-lost' | 'handed-over';
  /** Which node goes on, where it was handed over. */
  readonly nodeId: string | undefined;

  private constructor(
    how: TaskStop['how'],
    code: `OCTO_${string}`,
    message: string,
    more: { readonly hint?: string; readonly nodeId?: string } = {},
  ) {
    super(code, message, more.hint === undefined ? {} : { hint: more.hint });
    this.how = how;
    this.nodeId = more.nodeId;
  }

  /** A person asked for it: scripts are cancelled, the task ends as Canceled. */
  static cancelled(): TaskStop {
    return new TaskStop('cancel', 'OCTO_TASK_CANCELLED', 'the task was cancelled');
  }
  /** The task's own limit is over: scripts are cancelled, the task ends as TimedOut. */
  static timedOut(limitMs: number): TaskStop {
    return new TaskStop('timeout', 'OCTO_TASK_TIMEOUT', `the task took longer than its limit of ${limitMs / 1000} s`, {
      hint: 'run it again with a longer --timeout',
    });
  }
  /** This node stops: scripts go on, and whoever adopts the task reads on. */
  static detached(): TaskStop {
    return new TaskStop('detach', 'OCTO_TASK_DETACHED', 'the node stops; running scripts go on');
  }
  /** Another node has taken the task: nothing may be written or sent any more. */
  static claimLost(): TaskStop {
    return new TaskStop('claim-lost', 'OCTO_TASK_CLAIM_LOST', 'another node has taken over the task');
  }

  /** The database is away: nothing can be recorded. When it is back this node takes the task up again and reads on. */
  static storageLost(): TaskStop {
    return new TaskStop('storage-lost', 'OCTO_TASK_STORAGE_LOST', 'the database is away; running scripts go on');
  }

  /** Its worker is connected to another node, which goes on with the task. */
  static handedOver(nodeId: string): TaskStop {
    return new TaskStop('handed-over', 'OCTO_TASK_HANDED_OVER', `${nodeId} goes on with the task`, { nodeId });
  }

  static of(signal: AbortSignal): TaskStop | undefined {
    return signal.aborted && signal.reason instanceof TaskStop ? signal.reason : undefined;
  }
  /** True when scripts must be left alone. */
  get leavesScripts(): boolean {
    return this.how !== 'cancel' && this.how !== 'timeout';
  }
}

const AWAY: ReadonlySet<string> = new Set(['OCTO_STORAGE_UNREACHABLE', 'OCTO_STORAGE_COMMIT_UNKNOWN']);

/** Whether the stores failed for a reason that passes, and the task is not to blame. */
export function isStorageAway(error: unknown): boolean {
  return OctoError.is(error) && AWAY.has(error.code);
}
