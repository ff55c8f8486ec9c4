import { checkAccess, openSession, type ApiOptions } from './access.ts';
import { type RestDeps } from './deps.ts';
import { ownMachines, ownThumbprint } from './deregister.ts';
import { type HttpClient } from './http.ts';
import { type Links } from './links.ts';
import { collect } from './lookups.ts';
import { idOf, recordOf, textOf, type Resource } from './resources.ts';
import { linkOf } from './session.ts';

export interface ShowServerOptions extends ApiOptions {
  readonly space?: string;
}
interface Named {
  readonly Id: string;
  readonly Name: string;
}
/** What `show-configuration --server` adds below `Tentacle` (halibut.md 9.7). */
export interface ServerConfiguration {
  readonly DisplayName?: string;
  readonly MachinePolicy?: Named;
  readonly WorkerPools?: readonly Named[];
  readonly Environments?: readonly Named[];
  readonly Roles?: readonly string[];
  readonly Communication?: { readonly PublicHostName: string | null };
}

/** What the server keeps about this machine; empty when it knows nothing of it. */
export async function showServerConfiguration(
  options: ShowServerOptions,
  deps: RestDeps,
  signal: AbortSignal,
): Promise<ServerConfiguration> {
  const session = await openSession(checkAccess(options), deps, true, signal);
  const { http } = session;
  await session.start(signal);
  const space = await session.chooseSpace(options.space, signal);
  const thumbprint = ownThumbprint(deps);
  const { links } = await session.enter(space, signal);
  const [target] = await ownMachines(http, links, 'Machines', thumbprint, signal);
  const [worker] = await ownMachines(http, links, 'Workers', thumbprint, signal);
  const machine = worker ?? target;
  if (!machine) return {};
  return {
    DisplayName: textOf(machine, 'Name'),
    ...(target && (await partOfTarget(http, links, target, signal))),
    ...(worker && { WorkerPools: await chosen(http, linkOf(links, 'WorkerPools'), worker.WorkerPoolIds, signal) }),
    ...(await policyOf(http, links, machine, signal)),
    Communication: { PublicHostName: uriOf(machine) },
  };
}

async function partOfTarget(
  http: HttpClient,
  links: Links,
  target: Resource,
  signal: AbortSignal,
): Promise<ServerConfiguration> {
  return {
    Environments: await chosen(http, linkOf(links, 'Environments'), target.EnvironmentIds, signal),
    Roles: textsOf(target.Roles),
  };
}

/** The named resources of a collection whose ids are listed. */
async function chosen(http: HttpClient, link: string, ids: unknown, signal: AbortSignal): Promise<readonly Named[]> {
  const wanted = textsOf(ids);
  return (await collect(http, link, {}, signal)).map(named).filter(({ Id }) => wanted.includes(Id));
}

async function policyOf(
  http: HttpClient,
  links: Links,
  { MachinePolicyId: id }: Resource,
  signal: AbortSignal,
): Promise<ServerConfiguration> {
  if (typeof id !== 'string') return {};
  const link = linkOf(links, 'MachinePolicies');
  return { MachinePolicy: named(recordOf(await http.get(link, { id }, signal), link)) };
}

function named(resource: Resource): Named {
  return { Id: idOf(resource), Name: textOf(resource, 'Name') };
}
function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
function uriOf({ Endpoint: endpoint }: Resource): string | null {
  if (typeof endpoint !== 'object' || endpoint === null || !('Uri' in endpoint)) return null;
  return typeof endpoint.Uri === 'string' ? endpoint.Uri : null;
}
