import { OctoError } from '@octo/kernel';

/** Why a running task is told to stop; the reason of its abort signal. It decides how the task ends. */
export class TaskStop extends OctoError {
  readonly how: 'cancel' | 'timeout' | 'detach' | 'claim-lost';

  private constructor(how: TaskStop['how'], code: `OCTO_${string}`, message: string, hint?: string) {
    super(code, message, hint === undefined ? {} : { hint });
    this.how = how;
  }

  /** A person asked for it: scripts are cancelled, the task ends as Canceled. */
  static cancelled(): TaskStop {
    return new TaskStop('cancel', 'OCTO_TASK_CANCELLED', 'the task was cancelled');
  }
  /** The task's own limit is over: scripts are cancelled, the task ends as TimedOut. */
  static timedOut(limitMs: number): TaskStop {
    return new TaskStop(
      'timeout',
      'OCTO_TASK_TIMEOUT',
      `the task took longer than its limit of ${limitMs / 1000} s`,
      'run it again with a longer --timeout',
    );
  }
  /** This node stops: scripts go on, and whoever adopts the task reads on. */
  static detached(): TaskStop {
    return new TaskStop('detach', 'OCTO_TASK_DETACHED', 'the node stops; running scripts go on');
  }
  /** Another node has taken the task: nothing may be written or sent any more. */
  static claimLost(): TaskStop {
    return new TaskStop('claim-lost', 'OCTO_TASK_CLAIM_LOST', 'another node has taken over the task');
  }

  static of(signal: AbortSignal): TaskStop | undefined {
    return signal.aborted && signal.reason instanceof TaskStop ? signal.reason : undefined;
  }
  /** True when scripts must be left alone. */
  get leavesScripts(): boolean {
    return this.how === 'detach' || this.how === 'claim-lost';
  }
}
