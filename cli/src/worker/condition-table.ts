import { type StrayResource, type WorkerCondition, type WorkerResource } from '@octo/api';
import { table } from '../table.ts';
import { screenWidth, wrap } from '../wrap.ts';

/** A worker, and what is known of its condition. */
export type Row = WorkerResource & { readonly condition?: WorkerCondition | undefined };

export function withConditions(
  workers: readonly WorkerResource[],
  conditions: readonly WorkerCondition[],
): readonly Row[] {
  const byId = new Map(conditions.map((it) => [it.id, it]));
  return workers.map((it) => ({ ...it, condition: byId.get(it.id) }));
}

/** Longest cell of a column, so that a line stays on a screen of 80; `--json` has everything. */
const MOST = { name: 20, pools: 16, version: 15 };

/** One line each, and below them why some take no work. */
export function conditionTable(
  rows: readonly Row[],
  pools: readonly { readonly id: string; readonly name: string }[],
  nowMs: number,
): string {
  const names = new Map(pools.map((it) => [it.id, it.name]));
  const lines = rows.map(({ name, workerPoolIds, condition, ...it }) => [
    cut(name, MOST.name),
    statusWord({ ...it, condition }),
    cut(workerPoolIds.map((id) => names.get(id) ?? id).join(','), MOST.pools),
    String(condition?.activeLeases ?? 0),
    cut(shortVersion(condition?.agentVersion), MOST.version),
    ago(condition?.lastSeen ?? null, nowMs),
  ]);
  const unfit = rows.filter(({ condition, isDisabled }) => condition?.unfitBecause && !isDisabled);
  const reasons = unfit.map(({ name, condition }) => `  ${wrap(`${name}: ${condition?.unfitBecause ?? ''}`, screenWidth(), 4)}`); // prettier-ignore
  const head = table(['name', 'status', 'pools', 'leases', 'agent', 'seen'], lines);
  const strays = rows.flatMap(({ name, condition }) => strayLines(name, condition?.strays ?? [], nowMs));
  return [
    head,
    ...(reasons.length === 0 ? [] : [`Taking no work:\n${reasons.join('\n')}`]),
    ...(strays.length === 0 ? [] : [`May still run what was abandoned there:\n${strays.join('\n')}`]),
  ].join('\n\n');
}

/** `web-7: the script of ServerTasks-5, abandoned 3 min ago (pid 4711 may still run)`. */
export function strayLines(name: string, strays: readonly StrayResource[], nowMs: number): readonly string[] {
  return strays.map((it) => `  ${wrap(`${name}: ${strayText(it, nowMs)}`, screenWidth(), 4)}`);
}
export function strayText({ taskId, since, why }: StrayResource, nowMs: number): string {
  return `the script of ${taskId}, abandoned ${ago(since, nowMs)} (${why})`;
}

export function statusWord({
  isDisabled,
  healthStatus,
  condition,
}: Pick<Row, 'isDisabled' | 'healthStatus' | 'condition'>) {
  if (isDisabled) return 'Disabled';
  return condition?.quarantinedUntil ? 'Quarantined' : healthStatus;
}

/** `OpenSSH 9.2p1`, `octo 0.1.0`: the words that matter. */
function shortVersion(version: string | null | undefined): string {
  return (version ?? '').replace(/^octo (agent|built-in) /, 'octo ');
}

/** `12 s ago`, `3 min ago`, `2 days ago`. */
export function ago(iso: string | null, nowMs: number): string {
  if (iso === null) return 'never';
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(iso)) / 1_000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 48 * 3_600) return `${Math.round(seconds / 3_600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
