import { taskForm, tasksForm } from '@octo/api';
import { spell } from '@octo/api/documents';
import { ConflictError, InputError, parse } from '@octo/kernel';
import { type ActionRequest, isOver, type ServerTask, spanMs, type TaskRequest, type Worker } from '@octo/plane';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Plane } from '../plane.ts';
import { noted } from './access/audited.ts';
import { demand } from './access/principal.ts';
import { paged, paging, type Query } from './collections.ts';
import { isSame } from './filters.ts';
import { spaceId, spaceOfRequest } from './scope.ts';
import { taskResource, totalCounts } from './task-resource.ts';
import { taskOf } from './task-of.ts';

const text = z.string().nullish();
const ids = z.array(z.string()).nullish();
const argumentsSchema = z.looseObject({
  ScriptBody: text,
  Syntax: z.enum(['Bash', 'PowerShell', 'Python', 'CSharp', 'FSharp']).nullish(),
  TargetType: z.enum(['Machines', 'Environments', 'Workers', 'WorkerPools', 'OctopusServer']).nullish(),
  MachineIds: ids,
  WorkerIds: ids,
  WorkerPoolIds: ids,
  WorkerPoolId: text,
  EnvironmentId: text,
  MachinePolicyId: text,
  RestrictedTo: text,
  /** Longest check of all, and of each machine: `[d.]hh:mm:ss` (R94). */
  Timeout: text,
  MachineTimeout: text,
  Properties: z.record(z.string(), z.string()).nullish(),
});
export const taskSchema = z.looseObject({
  Name: z.string().min(1),
  Description: text,
  Arguments: argumentsSchema.nullish(),
  SpaceId: text,
});
type Arguments = z.infer<typeof argumentsSchema>;
type Built = Pick<TaskRequest, 'actions' | 'health' | 'timeoutMs'>;
export const stateSchema = z.looseObject({ State: z.enum(['Success', 'Failed', 'Canceled']), Reason: text });

/** Tasks that a client starts, repeats or sets (R94, R205, R217, rest.md 2.10). */
export function taskChangeRoutes(app: FastifyInstance, plane: Plane): void {
  const answer = (task: ServerTask) => taskForm.toWire(taskResource(task, plane.clock.now()));
  app.post('/api/tasks', async (request, reply) => {
    const wanted = await parse(taskSchema, spell(taskSchema, request.body ?? {}), 'the task');
    const space = wanted.SpaceId ? await spaceId(plane, wanted.SpaceId) : await spaceOfRequest(plane, request.raw);
    demand(request, 'TaskCreate', space);
    const built = await build(plane, space, wanted.Name, wanted.Arguments ?? {});
    const task = await plane.enqueue(space, {
      name: wanted.Name,
      description: wanted.Description?.trim().slice(0, 1_000) || describe(wanted.Name),
      variables: [],
      ...built,
    });
    return reply.status(201).header('location', `/api/tasks/${task.id}`).send(answer(task));
  });

  const rerun = async (request: FastifyRequest) => {
    const task = await taskOf(plane, request.params);
    if (!isOver(task.state))
      throw new ConflictError('OCTO_TASK_RUNS', `${task.id} is ${task.state}; only an ended task can be repeated`);
    return answer(await plane.enqueue(task.spaceId, await plane.tasks.request(task.id)));
  };
  app.post('/api/tasks/:id/rerun', rerun);
  app.post('/api/tasks/rerun/:id', rerun);

  app.post('/api/tasks/:id/state', async (request) => {
    const task = await taskOf(plane, request.params);
    const { State, Reason } = await parse(stateSchema, spell(stateSchema, request.body ?? {}), 'the state');
    const message = `The state of ${task.id} was set from ${task.state} to ${State}: ${Reason ?? 'no reason given'}`;
    const about = { documentType: 'ServerTask', documentIds: [task.id], spaceId: task.spaceId };
    const event = noted(plane, request, { category: 'TaskStateChanged', message, ...about });
    const after = await plane.tasks.override(task.id, State, Reason ?? '', event);
    if (!after)
      throw new ConflictError('OCTO_TASK_RUNS', `${task.id} is ${task.state}; only an ended task's state can be set`, {
        hint: `cancel it first: octo task cancel ${task.id}`,
      });
    return answer(after);
  });

  app.get('/api/tasks/:id/queued-behind', async (request) => {
    const task = await taskOf(plane, request.params);
    const query = request.query as Query;
    const isQueued = task.state === 'Queued';
    const { items, total } = isQueued
      ? await plane.tasks.list({ queuedBefore: task.id, spaceIds: [task.spaceId], ...paging(query) })
      : { items: [], total: 0 };
    const nowMs = plane.clock.now();
    const asked = { itemType: 'Task', path: `/api/tasks/${task.id}/queued-behind`, query };
    const resources = items.map((it) => taskResource(it, nowMs));
    return tasksForm.toWire({
      ...paged(asked, resources, total),
      totalCounts: totalCounts({}),
      totalCountsInOtherSpaces: {},
    });
  });
}

async function build(plane: Plane, space: string, name: string, wanted: Arguments): Promise<Built> {
  if (isSame(name, 'AdHocScript')) return { actions: await scripts(plane, space, wanted) };
  if (isSame(name, 'Health') || isSame(name, 'Upgrade')) {
    const workers = await workersToCheck(plane, space, wanted);
    const machineTimeoutMs = spanMs(wanted.MachineTimeout);
    const timeoutMs = spanMs(wanted.Timeout);
    return {
      actions: [],
      ...(timeoutMs !== undefined && { timeoutMs }),
      health: {
        workerIds: workers.map((worker) => worker.id),
        isManual: true,
        ...(isSame(name, 'Upgrade') && { isUpdate: true }),
        ...(machineTimeoutMs !== undefined && { machineTimeoutMs }),
      },
    };
  }
  throw new InputError('OCTO_TASK_TYPE', `tasks of type ${name} cannot be started here`, {
    hint: 'choose AdHocScript, Health or Upgrade',
  });
}
const describe = (name: string) =>
  isSame(name, 'Health')
    ? 'Check the health of workers'
    : isSame(name, 'Upgrade')
      ? 'Update the agents of workers'
      : 'Script run from management console';

/** One action for each place: each worker, or one worker of each pool, or the server (R205). */
async function scripts(plane: Plane, space: string, wanted: Arguments): Promise<readonly ActionRequest[]> {
  if (!wanted.ScriptBody?.trim()) throw new InputError('OCTO_TASK_SCRIPT', 'ScriptBody is missing');
  const properties = {
    ...wanted.Properties,
    'Octopus.Action.Script.ScriptBody': wanted.ScriptBody,
    'Octopus.Action.Script.Syntax': wanted.Syntax ?? 'PowerShell', // Octopus's own default (rest.md 2.6)
    'Octopus.Action.Script.ScriptSource': 'Inline',
  };
  const action = (name: string, at: Partial<ActionRequest>): ActionRequest => ({
    name,
    type: 'Octopus.Script',
    properties,
    ...at,
  });
  const target =
    wanted.TargetType ??
    (wanted.WorkerIds?.length ? 'Workers' : wanted.WorkerPoolIds?.length ? 'WorkerPools' : 'OctopusServer');
  if (target === 'OctopusServer') return [action('Run a script', {})];
  if (target === 'WorkerPools') {
    const pools = await plane.pools.list(space);
    return named('worker pool', wanted.WorkerPoolIds, pools).map((pool) =>
      action(`Run a script in ${pool.name}`, { pool: pool.id }),
    );
  }
  if (target === 'Workers' || target === 'Machines') {
    const workers = await plane.workers.list(space);
    const wantedIds = wanted.WorkerIds?.length ? wanted.WorkerIds : wanted.MachineIds;
    return named('worker', wantedIds, workers).map((worker) =>
      action(`Run a script on ${worker.name}`, { workerId: worker.id }),
    );
  }
  throw new InputError('OCTO_TASK_TARGET', 'there are no deployment targets here, only workers', {
    hint: 'TargetType Workers, WorkerPools or OctopusServer',
  });
}

async function workersToCheck(plane: Plane, space: string, wanted: Arguments): Promise<readonly Worker[]> {
  if (isSame(wanted.RestrictedTo ?? '', 'DeploymentTargets'))
    throw new InputError('OCTO_TASK_TARGET', 'there are no deployment targets here, only workers', {
      hint: 'RestrictedTo Workers, Policies or Unlimited',
    });
  const all = (await plane.workers.list(space)).filter((worker) => !worker.isDisabled);
  const ids = wanted.MachineIds?.length ? wanted.MachineIds : wanted.WorkerIds; // an unread list would mean: all
  if (ids?.length) return named('worker', ids, await plane.workers.list(space));
  const pool = Object.entries(wanted).find(([name]) => isSame(name, 'WorkerPoolId'))?.[1];
  const inPool =
    typeof pool === 'string' && pool !== ''
      ? named('worker pool', [pool], await plane.pools.list(space))[0]
      : undefined;
  const policy = wanted.MachinePolicyId ?? '';
  const found = all
    .filter((worker) => !inPool || worker.poolIds.includes(inPool.id))
    .filter((worker) => policy === '' || isSame(worker.machinePolicyId, policy));
  if (found.length > 0) return found;
  throw new InputError('OCTO_TASK_TARGET', 'there is no enabled worker to check', { hint: 'octo worker list' });
}

function named<T extends { readonly id: string; readonly name: string }>(
  what: string,
  ids: readonly string[] | null | undefined,
  all: readonly T[],
): readonly T[] {
  if (!ids?.length) throw new InputError('OCTO_TASK_TARGET', `name at least one ${what}`);
  return ids.map((id) => {
    const found = all.find((it) => isSame(it.id, id) || isSame(it.name, id));
    if (found) return found;
    throw new InputError('OCTO_TASK_TARGET', `there is no ${what} "${id}"`, {
      hint: `choose of: ${all.map((it) => it.name).join(', ') || 'none'}`,
    });
  });
}
