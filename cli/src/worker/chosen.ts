import { type OctoApi, type WireResource } from '@octo/api';
import { pick } from '../pick.ts';
import { idsOf, storeOf } from '../resources/store.ts';

/** Those that are named, those of a pool, or all. */
export async function chosenWorkers(
  api: OctoApi,
  names: readonly string[],
  pool: string | undefined,
): Promise<readonly WireResource<'workers'>[]> {
  const store = await storeOf(api, 'workers');
  const all = await store.all();
  const named = names.map((name) => pick(all, name, store.what));
  const [poolId] = pool === undefined ? [] : await idsOf(api, 'workerpools', [pool]);
  return (names.length > 0 ? named : all).filter((it) => poolId === undefined || it.WorkerPoolIds.includes(poolId));
}
