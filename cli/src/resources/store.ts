import { type Inputs, type OctoApi, type ResourceKind, type WireResource } from '@octo/api';
import { ask } from '../ask.ts';
import { pick, type Named } from '../pick.ts';

/** Each kind in a sentence. */
export const KIND_WORDS: Readonly<Record<ResourceKind, string>> = {
  workers: 'worker',
  workerpools: 'worker pool',
  machinepolicies: 'machine policy',
  accounts: 'account',
  proxies: 'proxy',
};

/** One kind of resources behind a connection; every call has a minute of its own, for people take their time between. */
export interface Store<K extends ResourceKind> {
  readonly what: string;
  all(): Promise<readonly WireResource<K>[]>;
  /** By name, id or slug, without case; InputError with the nearest names. */
  find(wanted: string): Promise<WireResource<K>>;
  create(input: Inputs[K]): Promise<WireResource<K>>;
  update(id: string, input: Inputs[K]): Promise<WireResource<K>>;
  remove(id: string): Promise<void>;
}

export async function storeOf<K extends ResourceKind>(api: OctoApi, kind: K): Promise<Store<K>> {
  const { resources } = await import('@octo/api'); // with the first call: help does not pay for it
  const calls = resources(api, kind);
  const soon = () => AbortSignal.timeout(60_000);
  const what = KIND_WORDS[kind];
  return {
    what,
    all: () => calls.list(soon()),
    find: async (wanted) => pick<WireResource<K> & Named>(await calls.list(soon()), wanted, what),
    create: (input) => calls.create(input, soon()),
    update: (id, input) => calls.update(id, input, soon()),
    remove: (id) => calls.remove(id, soon()),
  };
}

/** Ids of things that were named; each unknown one is told with its nearest names. */
export async function idsOf(api: OctoApi, kind: ResourceKind, wanted: readonly string[]): Promise<readonly string[]> {
  if (wanted.length === 0) return [];
  const store = await storeOf(api, kind);
  const all = await store.all();
  return wanted.map((word) => pick(all, word, store.what).Id);
}

/** All are found before the first one goes; a person is asked once. Undefined: the person did not want it. */
export async function removeNamed(
  store: Store<ResourceKind>,
  names: readonly string[],
  isSure: boolean,
): Promise<readonly { readonly Id: string; readonly Name: string }[] | undefined> {
  const all = await store.all();
  const found = names.map((name) => pick(all, name, store.what));
  const list = found.map(({ Name }) => Name).join(', ');
  if (!isSure && !(await ask.confirm(`Remove ${store.what} ${list}?`, { flag: '--yes' }))) return undefined;
  for (const { Id } of found) await store.remove(Id);
  return found.map(({ Id, Name }) => ({ Id, Name }));
}
