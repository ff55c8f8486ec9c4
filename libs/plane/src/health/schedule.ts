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

/**
 * Queue a check for each policy that is due: one task for all its workers of a space (R93), none while the one before is
 * not over. Nodes agree by a swap of the setting, so that one of them queues it.
 */
export async function queueDueChecks(deps: ScheduleDeps): Promise<void> {
  for (const space of await deps.spaces.list()) {
    const policies = await deps.documents.list('machinepolicies', space.id);
    const standard = policies.find(({ members }) => members['IsDefault'] === true);
    for (const document of policies) {
      try {
        await lookAt(deps, document, standard);
      } catch (error) {
        deps.logger.warn(
          { room: 'health', policy: document.id, error: String(error) },
          'a health check could not be queued',
        );
      }
    }
  }
}

async function lookAt(deps: ScheduleDeps, document: Document, standard: Document | undefined): Promise<void> {
  const policy = readPolicy(document, standard);
  const rule = JSON.stringify(policy.schedule);
  const name = settingOf(document.id);
  const nowMs = deps.clock.now();
  const before = await deps.settings.get<Due | null>(name, null);
  if (policy.schedule.kind === 'never') return;
  if (before?.rule !== rule) {
    const nextMs = nextOf(policy.schedule, nowMs, true);
    if (nextMs !== undefined) await deps.settings.swap(name, before, { ...before, nextMs, rule });
    return;
  }
  if (nowMs < before.nextMs || (await isUnderWay(deps, before.taskId))) return;
  const nextMs = nextOf(policy.schedule, nowMs, false);
  if (nextMs === undefined || !(await deps.settings.swap(name, before, { ...before, nextMs, rule }))) return;
  const spaceId = document.spaceId ?? '';
  const workers = (await deps.workers.list(spaceId)).filter((it) => !it.isDisabled && isOf(it, document, standard));
  if (workers.length === 0) return;
  const task = await enqueue(deps, spaceId, {
    name: 'Health',
    description: `Check the health of ${workers.length} ${workers.length === 1 ? 'worker' : 'workers'} with machine policy ${document.name}`,
    actions: [],
    variables: [],
    health: { workerIds: workers.map((it) => it.id), policyId: document.id },
  });
  await deps.settings.swap(name, { ...before, nextMs, rule }, { nextMs, rule, taskId: task.id });
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
