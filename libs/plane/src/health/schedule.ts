import { type Clock, type Logger } from '@octo/kernel';
import { Cron } from 'croner';
import { type Document } from '../model/document.ts';
import { isOver } from '../model/task.ts';
import { type Worker } from '../model/worker.ts';
import { type QueueDeps, enqueue } from '../queue/enqueue.ts';
import { type Settings, type Workers } from '../ports.ts';
import { type Documents, type Spaces } from '../ports-administration.ts';
import { readPolicy, type Schedule } from './policy.ts';

export interface ScheduleDeps extends QueueDeps {
  readonly documents: Documents;
  readonly spaces: Spaces;
  readonly workers: Workers;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Of one policy: when its workers are due, and the check that is under way or was the last. */
interface Due {
  readonly nextMs: number;
  readonly taskId?: string;
  /** To notice that the policy has another schedule by now. */
  readonly rule: string;
}
const settingOf = (policyId: string) => `health.due.${policyId}`;
/** Part of an interval by which a check may come earlier, so that policies do not all come at the full hour. */
const JITTER = 0.1;

/** Rounds come one after the other, unless one takes longer than this: a check of few never waits for two of them. */
const ROUND_MS = 600_000;

/**
 * Queue a check for each policy that is due: one task for all its workers of a space (R93), none while the one before is
 * not over. Nodes agree by a swap of the setting, so that one of them queues it.
 */
export async function queueDueChecks(deps: ScheduleDeps): Promise<void> {
  const all: { readonly document: Document; readonly standard: Document | undefined }[] = [];
  for (const space of await deps.spaces.list()) {
    const policies = await deps.documents.list('machinepolicies', space.id);
    const standard = policies.find(({ members }) => members['IsDefault'] === true);
    all.push(...policies.map((document) => ({ document, standard })));
  }
  const round = { isFree: !(await isRoundUnderWay(deps, all)) };
  for (const { document, standard } of all) {
    try {
      if (await lookAt(deps, document, standard, round.isFree)) round.isFree = false;
    } catch (error) {
      deps.logger.warn(
        { room: 'health', policy: document.id, error: String(error) },
        'a health check could not be queued',
      );
    }
  }
}

async function isRoundUnderWay(deps: ScheduleDeps, all: readonly { readonly document: Document }[]): Promise<boolean> {
  const since = deps.clock.now() - ROUND_MS;
  for (const { document } of all) {
    const { taskId } = (await deps.settings.get<Due | null>(settingOf(document.id), null)) ?? {};
    const task = taskId === undefined ? undefined : await deps.tasks.get(taskId);
    if (task && !isOver(task.state) && task.queuedAtMs > since) return true;
  }
  return false;
}

/** True when it has queued a round. */
async function lookAt(
  deps: ScheduleDeps,
  document: Document,
  standard: Document | undefined,
  isFree: boolean,
): Promise<boolean> {
  const policy = readPolicy(document, standard);
  const rule = JSON.stringify(policy.schedule);
  const name = settingOf(document.id);
  const nowMs = deps.clock.now();
  const before = await deps.settings.get<Due | null>(name, null);
  if (policy.schedule.kind === 'never') return false;
  if (before?.rule !== rule) {
    const nextMs = nextOf(policy.schedule, nowMs, true);
    if (nextMs !== undefined) await deps.settings.swap(name, before, { ...before, nextMs, rule });
    return false;
  }
  if (!isFree || nowMs < before.nextMs || (await isUnderWay(deps, before.taskId))) return false;
  const nextMs = nextOf(policy.schedule, nowMs, false);
  if (nextMs === undefined || !(await deps.settings.swap(name, before, { ...before, nextMs, rule }))) return false;
  const spaceId = document.spaceId ?? '';
  const workers = (await deps.workers.list(spaceId)).filter((it) => !it.isDisabled && isOf(it, document, standard));
  if (workers.length === 0) return false;
  const task = await enqueue(deps, spaceId, {
    name: 'Health',
    description: `Check the health of ${workers.length} ${workers.length === 1 ? 'worker' : 'workers'} with machine policy ${document.name}`,
    actions: [],
    variables: [],
    health: { workerIds: workers.map((it) => it.id), policyId: document.id },
  });
  await deps.settings.swap(name, { ...before, nextMs, rule }, { nextMs, rule, taskId: task.id });
  return true;
}

async function isUnderWay({ tasks }: ScheduleDeps, taskId: string | undefined): Promise<boolean> {
  const task = taskId === undefined ? undefined : await tasks.get(taskId);
  return task !== undefined && !isOver(task.state);
}

function isOf(worker: Worker, policy: Document, standard: Document | undefined): boolean {
  const id = worker.machinePolicyId === '' ? standard?.id : worker.machinePolicyId;
  return id?.toLowerCase() === policy.id.toLowerCase();
}

/** Undefined: never again. The first time of an interval is any time within it: servers that start together spread. */
export function nextOf(schedule: Schedule, nowMs: number, isFirst: boolean): number | undefined {
  if (schedule.kind === 'never') return undefined;
  if (schedule.kind === 'cron')
    return new Cron(schedule.pattern, { timezone: schedule.zone }).nextRun(new Date(nowMs))?.getTime();
  const { everyMs } = schedule;
  return nowMs + (isFirst ? everyMs * Math.random() : everyMs * (1 - JITTER * Math.random()));
}
