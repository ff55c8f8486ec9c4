import { type OutputVariable } from '@octo/plane';
import { type Row, run, type Transaction } from './database.ts';
import { type Vault } from './vault.ts';

/** A later value of the same action and name wins (calamari.md 5.4). */
export async function upsertOutputs(
  trx: Transaction,
  vault: Vault,
  seq: number,
  outputs: readonly OutputVariable[],
): Promise<void> {
  for (const { action, actionName, name, value, sensitive } of outputs) {
    const key = name.toLowerCase();
    await run(
      trx,
      `insert into output (task_seq, action, name_key, action_name, name, sensitive, sealed) values (?, ?, ?, ?, ?, ?, ?)
       on conflict (task_seq, action, name_key) do update set
         name = excluded.name, sensitive = excluded.sensitive, sealed = excluded.sealed`,
      [seq, action, key, actionName, name, sensitive ? 1 : 0, vault.seal(outputPlace(seq, action, key), value)],
    );
  }
}

export function toOutput(vault: Vault, row: Row): OutputVariable {
  const action = Number(row['action']);
  return {
    action,
    actionName: String(row['action_name']),
    name: String(row['name']),
    sensitive: Number(row['sensitive']) === 1,
    value: vault.open(outputPlace(row['task_seq'], action, row['name_key']), row['sealed']) as string, // by upsertOutputs
  };
}

export function outputPlace(seq: unknown, action: number, key: unknown): string {
  return `output ${action}/${String(key)} of task ${String(seq)}`;
}
