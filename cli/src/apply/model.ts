import { type ResourceKind, type WireResource } from '@octo/api';

export type Members = Readonly<Record<string, unknown>>;
/** Where a secret comes from; it never stands in the file itself. */
export type SecretSource = { readonly file: string } | { readonly env: string };

/** What the file wants: members in wire form, references by name. */
export interface Wanted {
  readonly kind: ResourceKind;
  readonly name: string;
  /** Only those that the file names; the others are left alone. */
  readonly members: Members;
  readonly secrets: Readonly<Record<string, SecretSource>>;
  /** Its place in the file: `workers[1]`. */
  readonly at: string;
}
export interface Document {
  readonly wanted: readonly Wanted[];
  /** Kinds that the file speaks of; only of these something may be pruned. */
  readonly kinds: readonly ResourceKind[];
}
/** What the server has. */
export type Current = { readonly [K in ResourceKind]: readonly WireResource<K>[] };

export interface Difference {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}
export interface Change {
  readonly action: 'add' | 'change' | 'remove';
  readonly kind: ResourceKind;
  readonly name: string;
  readonly id?: string;
  readonly differences: readonly Difference[];
  readonly wanted?: Wanted;
}

/** In this order they are added; they are removed the other way round. A worker names all of the others. */
export const ORDER = ['machinepolicies', 'proxies', 'accounts', 'workerpools', 'workers'] as const;
/** Names of the lists in the file. */
export const LISTS = {
  policies: 'machinepolicies',
  proxies: 'proxies',
  accounts: 'accounts',
  pools: 'workerpools',
  workers: 'workers',
} as const satisfies Readonly<Record<string, ResourceKind>>;

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
/** A copy of a worker's members whose references went through `map`. */
export function mapReferences(
  members: Members,
  map: (kind: ResourceKind, word: string, at: string) => string,
): Members {
  const { WorkerPoolIds: pools, MachinePolicyId: policy, Endpoint: endpoint } = members;
  const one = (kind: ResourceKind, word: unknown, at: string) =>
    typeof word === 'string' && word !== '' ? map(kind, word, at) : word;
  return {
    ...members,
    ...(Array.isArray(pools) && { WorkerPoolIds: pools.map((it, n) => one('workerpools', it, `.pools[${n}]`)) }),
    ...(policy !== undefined && { MachinePolicyId: one('machinepolicies', policy, '.policy') }),
    ...(isObject(endpoint) && {
      Endpoint: {
        ...endpoint,
        ...('AccountId' in endpoint && { AccountId: one('accounts', endpoint['AccountId'], '.endpoint.account') }),
        ...('ProxyId' in endpoint && { ProxyId: one('proxies', endpoint['ProxyId'], '.endpoint.proxy') }),
      },
    }),
  };
}
