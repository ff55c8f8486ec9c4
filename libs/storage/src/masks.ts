import { type Row, run, type Transaction } from './database.ts';
import { type Vault } from './vault.ts';

export async function insertMasks(
  trx: Transaction,
  vault: Vault,
  seq: number,
  masks: readonly string[],
): Promise<void> {
  for (const text of masks)
    await run(trx, 'insert into mask (task_seq, sealed) values (?, ?)', [seq, vault.seal(maskPlace(seq), text)]);
}

export function toMask(vault: Vault, row: Row): string {
  return vault.open(maskPlace(row['task_seq']), row['sealed']) as string; // by insertMasks
}

export function maskPlace(seq: unknown): string {
  return `mask of task ${String(seq)}`;
}
