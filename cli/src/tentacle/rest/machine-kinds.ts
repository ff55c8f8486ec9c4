import { type TargetPart, type WorkerPart } from './bodies.ts';
import { known, RestFailure } from './failures.ts';
import { type HttpClient } from './http.ts';
import { type Links } from './links.ts';
import { resolveIds, Search, unknown, type Kind } from './lookups.ts';
import { arrayOf, recordOf } from './resources.ts';
import { linkOf } from './session.ts';

/** What differs between a worker and a deployment target while it is registered. */
export interface MachineKind {
  /** Of the collection. */
  readonly link: 'Workers' | 'Machines';
  /** In messages. */
  readonly noun: 'worker' | 'machine';
  /** Polling connections where the operator has set none (R41). */
  readonly connections: (cpus: number) => number;
  /** Before anything is sent. */
  readonly check: () => void;
  /** The members of the body that name other resources. Nothing is written yet (R38). */
  readonly resolve: (http: HttpClient, links: Links, signal: AbortSignal) => Promise<WorkerPart | TargetPart>;
}

const WORKER_POOLS: Kind = { one: 'worker pool', many: 'worker pools' };
const ENVIRONMENTS: Kind = { one: 'environment', many: 'environments' };
const TENANTS: Kind = { one: 'tenant', many: 'tenants' };
const LEAST_CONNECTIONS = 5;
const ALL = String(2 ** 31 - 1);

export function worker(pools: readonly string[]): MachineKind {
  return {
    link: 'Workers',
    noun: 'worker',
    connections: (cpus) => Math.max(LEAST_CONNECTIONS, cpus),
    check() {
      if (pools.length === 0) throw known('Please specify a worker pool name, e.g., --workerpool=Default');
    },
    async resolve(http, links, signal) {
      const wanted = { values: pools, kind: WORKER_POOLS };
      return { WorkerPoolIds: await resolveIds(http, linkOf(links, 'WorkerPools'), wanted, signal) };
    },
  };
}

export interface TargetOptions {
  readonly environments: readonly string[];
  readonly roles: readonly string[];
  readonly tenants: readonly string[];
  readonly tenantTags: readonly string[];
  readonly tenantedDeploymentParticipation?: string;
}
const PARTICIPATIONS = ['Untenanted', 'Tenanted', 'TenantedOrUntenanted'];

export function target(options: TargetOptions): MachineKind {
  const { environments, roles, tenants, tenantTags } = options;
  return {
    link: 'Machines',
    noun: 'machine',
    connections: () => 1,
    check() {
      if (environments.length === 0)
        throw known('Please specify an environment name, slug or Id, e.g., --environment=Development');
      if (roles.length === 0) throw known('Please specify a role name, e.g., --role=web-server');
      participationOf(options);
    },
    async resolve(http, links, signal) {
      const environmentIds = await resolveEnvironments(http, links, environments, signal);
      const wanted = { values: tenants, kind: TENANTS };
      const tenantIds = tenants.length > 0 ? await resolveIds(http, linkOf(links, 'Tenants'), wanted, signal) : [];
      return {
        EnvironmentIds: environmentIds,
        Roles: roles,
        TenantedDeploymentParticipation: participationOf(options),
        TenantIds: tenantIds,
        TenantTags: tenantTags,
      };
    },
  };
}

/** What a machine with tenants may do, if nobody says it, is to work for them alone. */
function participationOf({ tenantedDeploymentParticipation: wanted, tenants, tenantTags }: TargetOptions): string {
  if (!wanted) return tenants.length + tenantTags.length > 0 ? 'Tenanted' : 'Untenanted';
  const found = PARTICIPATIONS.find((name) => name.toLowerCase() === wanted.toLowerCase());
  if (found !== undefined) return found;
  throw known(`Please specify one of ${PARTICIPATIONS.join(', ')} as --tenanted-deployment-participation`);
}

/** From one list of all of them; servers that do not have it yet are asked as for pools (halibut.md 9.5). */
async function resolveEnvironments(
  http: HttpClient,
  links: Links,
  values: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const link = `${linkOf(links, 'Environments').replace(/\{.*$/, '')}/v2{?skip,take}`;
  let answer: unknown;
  try {
    answer = await http.get(link, { skip: '0', take: ALL }, signal);
  } catch (error) {
    if (!RestFailure.isOne(error) || error.status !== 404) throw error;
    return resolveIds(http, linkOf(links, 'Environments'), { values, kind: ENVIRONMENTS }, signal);
  }
  const all = arrayOf(recordOf(answer, link).Items, `Items of ${link}`);
  const search = new Search(values);
  for (const member of ['Name', 'Slug', 'Id'] as const) search.match(member, all);
  if (search.missing.length > 0) throw unknown(search.missing, ENVIRONMENTS);
  return search.ids;
}
