import { type Schema } from './schema.ts';
import { type Deps, type Resolved } from './token.ts';
import { type Bytes } from './transport.ts';
import { type ActivityLog, type LeasedWorker } from './worker.ts';

export interface StepContext<P> {
  /** Evaluated and checked by the step's schema. */
  readonly properties: P;
  readonly worker: LeasedWorker;
  /** Files that came with the action, by path relative to the workspace. */
  readonly files: readonly { readonly name: string; readonly content: Bytes }[];
  readonly log: ActivityLog;
  /** Aborts on cancel, time-out and stop of the node. An abort is not an error: let it pass through. */
  readonly signal: AbortSignal;
  /** Evaluated variables of the task; names are case-insensitive. */
  readonly variables: { get(name: string): string | undefined };
  /** Becomes the output variable `Octopus.Action[<name>].Output.<key>` of later steps. */
  readonly output: (key: string, value: string, options?: { readonly sensitive?: boolean }) => void;
  /**
   * An effect outside the worker, at most once: its JSON result is remembered, and a restart answers from the record.
   * A restart between the effect and its record fails with `OCTO_ACTION_MAY_HAVE_RUN` instead of repeating it.
   */
  readonly once: <T>(key: string, act: () => Promise<T>) => Promise<T>;
}

export interface StepType<P = unknown, D extends Deps = Deps> {
  /** Octopus action type, e.g. `Octopus.Script`. Unique among loaded plugins. */
  readonly type: string;
  readonly properties: Schema<P>;
  /** `server`: runs in the server process, takes no lease and no worker (R3). Default `worker`. */
  readonly place?: 'worker' | 'server';
  readonly deps: D;
  run(context: StepContext<P>, deps: Resolved<D>): Promise<void>;
}

export function defineStep<P, const D extends Deps = Readonly<Record<never, never>>>(
  step: Omit<StepType<P, D>, 'deps'> & { deps?: D },
): StepType<P, D> {
  return { deps: {} as D, ...step };
}
