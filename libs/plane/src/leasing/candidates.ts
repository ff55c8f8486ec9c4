import { ConflictError, type Candidate } from '@octo/kernel';
import { unfitBecause } from '../model/condition.ts';
import { type Stray, takenBecause } from '../model/stray.ts';
import { type Worker, type WorkerPool } from '../model/worker.ts';
import { type Lease } from '../ports.ts';
import { BUILT_IN_NAME, BUILT_IN_STYLE, builtInId, type BuiltInVerdict } from '../workers/built-in.ts';

/** A worker that can be leased, with what it takes to reach it. */
export interface Leasable {
  readonly id: string;
  readonly name: string;
  readonly style: string;
  readonly endpoint: unknown;
  readonly machinePolicyId?: string;
}
export interface Excluded {
  readonly name: string;
  readonly because: string;
}

/** Who may take the action, and who may not and why (R55, R66). */
export function sortOut(
  workers: readonly Worker[],
  builtIn: BuiltInVerdict,
  at: {
    readonly nodeId: string;
    readonly nowMs: number;
    readonly strays: ReadonlyMap<string, readonly Stray[]>;
  },
  canSpeak: (style: string) => boolean,
): { readonly fit: readonly Leasable[]; readonly excluded: readonly Excluded[] } {
  if (builtIn.serves) {
    const own = { id: builtInId(at.nodeId), name: BUILT_IN_NAME, style: BUILT_IN_STYLE, endpoint: {} };
    const because = takenBecause(at.strays.get(own.id) ?? []);
    return because === undefined
      ? { fit: [own], excluded: [] }
      : { fit: [], excluded: [{ name: BUILT_IN_NAME, because }] };
  }
  const fit: Leasable[] = [];
  const excluded: Excluded[] = [{ name: BUILT_IN_NAME, because: builtIn.because }];
  for (const worker of workers) {
    const because = unfit(worker, canSpeak, at.nowMs) ?? takenBecause(at.strays.get(worker.id) ?? []);
    if (because === undefined) fit.push(worker);
    else excluded.push({ name: worker.name, because });
  }
  return { fit, excluded };
}

function unfit(worker: Worker, canSpeak: (style: string) => boolean, nowMs: number): string | undefined {
  const because = unfitBecause(worker, nowMs);
  if (because !== undefined) return because;
  if (!canSpeak(worker.style)) return `no plugin speaks style ${worker.style}`;
  return undefined;
}

/** The refusal when nobody is fit; it names the switch, the empty pool or each worker's reason (R13, R15). */
export function nobodyFits(
  pool: WorkerPool,
  workers: readonly Worker[],
  builtIn: BuiltInVerdict,
  out: readonly Excluded[],
) {
  if (!builtIn.serves && builtIn.isSwitchedOff && workers.length === 0)
    return new ConflictError(
      'OCTO_BUILTIN_DISABLED',
      `${pool.name} holds no worker and the built-in worker is switched off`,
      { hint: 'add a worker to the pool, or switch the built-in worker on (isBuiltInWorkerEnabled)' },
    );
  if (workers.length === 0 && !builtIn.serves)
    return new ConflictError('OCTO_POOL_EMPTY', `${pool.name} holds no worker`, {
      hint: `add a worker to ${pool.name}, or name another pool`,
    });
  return new ConflictError('OCTO_WORKER_NONE_HEALTHY', `no worker of ${pool.name} is fit: ${listed(out)}`, {
    hint: 'octo worker list',
  });
}

export function listed(excluded: readonly Excluded[]): string {
  return excluded.map((e) => `${e.name} (${e.because})`).join(', ');
}

/** What the scheduler sees: without those that somebody holds exclusively (R68). */
export function toCandidates(
  fit: readonly Leasable[],
  load: ReadonlyMap<string, { readonly active: number; readonly lastLeasedAtMs?: number }>,
  leases: readonly Lease[],
): readonly Candidate[] {
  const closed = new Set(leases.filter((l) => l.exclusive).map((l) => l.workerId));
  return fit
    .filter((w) => !closed.has(w.id))
    .map((w) => {
      const own = load.get(w.id);
      return {
        workerId: w.id,
        name: w.name,
        activeLeases: own?.active ?? 0,
        ...(own?.lastLeasedAtMs !== undefined && { lastLeasedAtMs: own.lastLeasedAtMs }),
        hasPackage: false,
      };
    });
}
