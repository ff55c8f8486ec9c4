import { type OctoApi, type TaskResource, type WireResource } from '@octo/api';
import { follow, screenOf } from '../follow.ts';
import { manners } from '../manners.ts';

type Worker = WireResource<'workers'>;

/** Queue a health check of these workers. */
export function startCheck(api: OctoApi, workers: readonly Worker[]): Promise<TaskResource> {
  return start(api, 'Health', 'Check the health of', workers);
}
/** Queue an update of their agents. */
export function startUpdate(api: OctoApi, workers: readonly Worker[]): Promise<TaskResource> {
  return start(api, 'Upgrade', 'Update the agents of', workers);
}

async function start(api: OctoApi, Name: string, what: string, workers: readonly Worker[]): Promise<TaskResource> {
  const { createTask } = await import('@octo/api');
  const names = workers.map((it) => it.Name).join(', ');
  const Arguments = { MachineIds: workers.map((it) => it.Id) };
  return createTask(
    api,
    { Name, Description: `${what} ${names}`.slice(0, 200), Arguments },
    AbortSignal.timeout(60_000),
  );
}

/** To the end of the check: its log on the terminal, then the workers as they are now. */
export async function awaitCheck(
  api: OctoApi,
  task: TaskResource,
  workers: readonly Worker[],
  json: boolean,
): Promise<{ readonly state: string; readonly workers: readonly Worker[]; readonly areHealthy: boolean }> {
  const screen = screenOf({ verbose: false, json });
  const silent = { write: () => true };
  const shown = manners.quiet
    ? { ...screen, out: silent, err: silent, isTerminal: false }
    : { ...screen, out: process.stderr };
  const page = await follow(api, task.id, shown, new AbortController().signal);
  const { resources } = await import('@octo/api');
  const all = await resources(api, 'workers').list(AbortSignal.timeout(60_000));
  const after = all.filter((it) => workers.some(({ Id }) => Id === it.Id));
  const areHealthy = after.every((it) => ['Healthy', 'HasWarnings'].includes(String(it['HealthStatus'])));
  return { state: page.state, workers: after, areHealthy: areHealthy && page.state === 'Success' };
}
