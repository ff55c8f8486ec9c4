import { spell } from '@octo/api/documents';
import { InputError, parse } from '@octo/kernel';
import { type Worker } from '@octo/plane';
import { z } from 'zod';
import { type Plane } from '../plane.ts';
import { isSame } from './filters.ts';
import { textOf } from './members.ts';

/** Octopus's own styles for workers: they are kept also while no loaded plugin speaks them (rest.md 2.3). */
const OCTOPUS_STYLES = ['TentaclePassive', 'TentacleActive', 'Ssh', 'KubernetesTentacle'];
/** Never a worker's: a cloud region, an offline drop, and the built-in worker's own (R32). */
const REFUSED_STYLES = ['None', 'OfflineDrop'];

const endpointSchema = z.looseObject({ CommunicationStyle: z.string().min(1) });
export const workerSchema = z.looseObject({
  Name: z.string().trim().min(1).max(200),
  WorkerPoolIds: z.array(z.string()).nullish(),
  MachinePolicyId: z.string().nullish(),
  IsDisabled: z.boolean().nullish(),
  Slug: z.string().nullish(),
  SkipInitialHealthCheck: z.boolean().nullish(),
  Endpoint: endpointSchema,
});

/** Members that are computed, or kept in columns of their own; all others go round as they came. */
const KNOWN = new Set(
  `id spaceId name slug workerPoolIds machinePolicyId isDisabled healthStatus status hasLatestCalamari statusSummary
   isInProcess operatingSystem operatingSystemVersion shellName shellVersion architecture thumbprint uri
   skipInitialHealthCheck endpoint links lastModifiedOn lastModifiedBy`
    .toLowerCase()
    .split(/\s+/),
);
/** Audit members that clients send along with an endpoint. */
const NOT_OF_ENDPOINT = new Set(['communicationstyle', 'id', 'links', 'lastmodifiedon', 'lastmodifiedby']);

export type WantedWorker = Omit<Worker, 'id' | 'health' | 'statusSummary'> & { readonly skipsCheck: boolean };

/** A worker as a client describes it; every fault is named (rest.md 2.3). `before`: the one that it changes. */
export async function readWorker(plane: Plane, spaceId: string, body: unknown, before?: Worker): Promise<WantedWorker> {
  const wanted = await parse(workerSchema, spell(workerSchema, body ?? {}), 'the worker');
  const { CommunicationStyle: style, ...rest } = wanted.Endpoint;
  checkStyle(plane, style);
  const endpoint = endpointOf(style, rest);
  const more = Object.entries(wanted).filter(([name]) => !KNOWN.has(name.toLowerCase()));
  const machinePolicyId = await policyOf(plane, spaceId, wanted.MachinePolicyId, before);
  await checkReferences(plane, spaceId, endpoint);
  return {
    spaceId,
    name: wanted.Name,
    slug: before?.slug ?? '',
    poolIds: await poolsOf(plane, spaceId, wanted.WorkerPoolIds ?? []),
    machinePolicyId,
    isDisabled: wanted.IsDisabled ?? false,
    style,
    endpoint,
    details: { ...before?.details, Unknown: Object.fromEntries(more) },
    skipsCheck: wanted.SkipInitialHealthCheck === true || wanted.IsDisabled === true,
  };
}

function checkStyle(plane: Plane, style: string): void {
  if (REFUSED_STYLES.some((it) => isSame(it, style)))
    throw new InputError('OCTO_WORKER_STYLE', `a worker cannot have the communication style ${style}`, {
      hint: `choose one of: ${workerStyles(plane).join(', ')}`,
    });
  if (!workerStyles(plane).includes(style))
    throw new InputError('OCTO_WORKER_STYLE', `there is no communication style ${style}`, {
      hint: `choose one of: ${workerStyles(plane).join(', ')}`,
    });
}

export function workerStyles(plane: Plane): readonly string[] {
  const spoken = plane.styles().filter((style) => !REFUSED_STYLES.includes(style));
  return [...new Set([...OCTOPUS_STYLES, ...spoken])];
}

/** Members in Octopus's spelling; those of other styles stay as they came. */
const OCTOPUS_MEMBERS = [
  'Uri',
  'Thumbprint',
  'ProxyId',
  'AccountId',
  'JumpAccountId',
  'Host',
  'Port',
  'Fingerprint',
  'DotNetCorePlatform',
];

function endpointOf(style: string, rest: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const spelled = Object.entries(rest)
    .filter(([name]) => !NOT_OF_ENDPOINT.has(name.toLowerCase()))
    .map(([name, value]) => [OCTOPUS_MEMBERS.find((it) => isSame(it, name)) ?? name, value] as const);
  const endpoint: Record<string, unknown> = Object.fromEntries(spelled);
  const fault = (why: string) => new InputError('OCTO_WORKER_ENDPOINT', `the endpoint of style ${style}: ${why}`);
  const uri = typeof endpoint['Uri'] === 'string' ? endpoint['Uri'].trim() : '';
  if (style === 'TentaclePassive' || style === 'TentacleActive') {
    endpoint['Thumbprint'] = thumbprint(endpoint['Thumbprint'], fault);
    const scheme = style === 'TentaclePassive' ? 'https:' : 'poll:';
    if (schemeOf(uri) !== scheme) throw fault(`Uri is ${scheme}//…, not "${uri}"`);
    endpoint['Uri'] = uri;
  }
  if (style === 'Ssh') {
    const { Host: host, Port: port = 22 } = endpoint;
    if (typeof host !== 'string' || host.trim() === '') throw fault('Host is missing');
    if (!Number.isInteger(port) || Number(port) < 1 || Number(port) > 65_535)
      throw fault(`Port is 1 to 65535, not ${String(port)}`);
    Object.assign(endpoint, { Port: port, Uri: uri || `ssh://${host.trim()}:${Number(port)}/` });
  }
  return endpoint;
}

/** SHA-1 as Octopus shows it, or SHA-256; kept in upper case. */
function thumbprint(value: unknown, fault: (why: string) => InputError): string {
  const text = typeof value === 'string' ? value.replaceAll(/[\s:]/g, '').toUpperCase() : '';
  if (/^([0-9A-F]{40}|[0-9A-F]{64})$/.test(text)) return text;
  throw fault(`Thumbprint is 40 (or 64) hexadecimal digits, not "${typeof value === 'string' ? value : ''}"`);
}
function schemeOf(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).protocol : '';
}

/** A worker is in at least one pool (R27); pools may be named by id, name or slug (R38). */
export async function poolsOf(plane: Plane, spaceId: string, wanted: readonly string[]): Promise<readonly string[]> {
  const pools = await plane.pools.list(spaceId);
  const hint = { hint: `choose of: ${pools.map((pool) => pool.name).join(', ')}` };
  if (wanted.length === 0)
    throw new InputError('OCTO_WORKER_POOLS', 'a worker belongs to at least one worker pool', hint);
  const found = wanted.map((word) =>
    pools.find((pool) => [pool.id, pool.slug, pool.name].some((it) => isSame(it, word.trim()))),
  );
  const unknown = wanted.filter((_, n) => !found[n]);
  if (unknown.length > 0)
    throw new InputError(
      'OCTO_WORKER_POOLS',
      `there is no worker pool ${unknown.map((it) => `"${it}"`).join(', ')}`,
      hint,
    );
  const dynamic = found.filter((pool) => pool?.details['WorkerPoolType'] === 'DynamicWorkerPool');
  if (dynamic.length > 0)
    throw new InputError(
      'OCTO_WORKER_POOLS',
      `${dynamic.map((pool) => pool?.name).join(', ')} is dynamic: it makes its workers itself`,
      hint,
    );
  return [...new Set(found.flatMap((pool) => (pool ? [pool.id] : [])))];
}

/** The default policy where none is named (R108); a change without one keeps what was. */
export async function policyOf(
  plane: Plane,
  spaceId: string,
  wanted: string | null | undefined,
  before?: Worker,
): Promise<string> {
  const policies = await plane.documents.list('machinepolicies', spaceId);
  const word = wanted?.trim() ?? '';
  if (word === '')
    return before?.machinePolicyId || (policies.find((it) => it.members['IsDefault'] === true)?.id ?? '');
  const found = policies.find((it) => [it.id, it.slug, it.name].some((name) => name !== '' && isSame(name, word)));
  if (found) return found.id;
  throw new InputError('OCTO_WORKER_POLICY', `there is no machine policy "${word}"`, {
    hint: `choose one of: ${policies.map((it) => it.name).join(', ')}`,
  });
}

async function checkReferences(
  plane: Plane,
  spaceId: string,
  endpoint: Readonly<Record<string, unknown>>,
): Promise<void> {
  const kinds = { AccountId: 'accounts', JumpAccountId: 'accounts', ProxyId: 'proxies' } as const;
  for (const [member, kind] of Object.entries(kinds)) {
    const id = endpoint[member];
    if (id === undefined || id === null || id === '') continue;
    const found = typeof id === 'string' ? await plane.documents.get(kind, id) : undefined;
    if (found?.spaceId !== spaceId)
      throw new InputError(
        'OCTO_WORKER_ENDPOINT',
        `there is no ${textOf(id) ?? 'such document'} in this space (${member})`,
        {
          hint: `GET /api/${spaceId}/${kind}/all lists them`,
        },
      );
  }
}
