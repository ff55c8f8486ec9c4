import {
  type Activity,
  type Artifact,
  type Claim,
  type Entry,
  type Journal,
  type LogLine,
  type NewLine,
  type OutputVariable,
  type RunKey,
  type RunRecord,
} from '@octo/plane';
import { type Knex } from 'knex';
import { toActivity, upsertActivities } from './activities.ts';
import { insertArtifacts, toArtifact } from './artifact-rows.ts';
import { holdClaim } from './claims.ts';
import { type Database, run } from './database.ts';
import { seqOf, TASK } from './ids.ts';
import { fromChunk, toChunks } from './log-chunks.ts';
import { toRun, upsertRun } from './runs.ts';
import { type Vault } from './vault.ts';

const ALARMING: ReadonlySet<string> = new Set(['Warning', 'Error', 'Fatal']);

export class SqlJournal implements Journal {
  readonly #db: Database;
  readonly #vault: Vault;

  constructor(db: Database, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  append(claim: Claim, entry: Entry): Promise<number> {
    return this.#db.write(async (trx) => {
      const held = await holdClaim(trx, claim);
      const seq = Number(held['seq']);
      const last = await appendLines(trx, seq, Number(held['log_seq']), entry.lines ?? []);
      await upsertActivities(trx, seq, entry.activities ?? []);
      for (const change of entry.runs ?? []) await upsertRun(trx, this.#vault, seq, change);
      await this.#outputs(trx, seq, entry.outputs ?? []);
      await insertArtifacts(trx, seq, entry.artifacts ?? []);
      for (const text of entry.masks ?? [])
        await run(trx, 'insert into mask (task_seq, sealed) values (?, ?)', [
          seq,
          this.#vault.seal(`mask of ${seq}`, text),
        ]);
      return last;
    });
  }

  async appendUnclaimed(taskId: string, lines: readonly NewLine[]): Promise<void> {
    await this.#db.write(async (trx) => {
      const seq = seqOf(TASK, taskId);
      const [row] = await run(trx, 'select log_seq from task where seq = ?', [seq]);
      if (row) await appendLines(trx, seq, Number(row['log_seq']), lines);
    });
  }

  /** Chunk by chunk until the limit is reached, so that nothing large is ever held. */
  async read(taskId: string, after: number, limitBytes: number): Promise<readonly LogLine[]> {
    const lines: LogLine[] = [];
    let size = 0;
    while (size < limitBytes) {
      const from = lines.at(-1)?.seq ?? after;
      const [row] = await this.#db.read(
        'select first_seq, data from task_log where task_seq = ? and last_seq > ? order by last_seq limit 1',
        [seqOf(TASK, taskId), from],
      );
      if (!row) break;
      for (const line of fromChunk(Number(row['first_seq']), row['data'])) {
        if (line.seq <= from) continue;
        if (size >= limitBytes) return lines;
        lines.push(line);
        size += line.text.length + 40;
      }
    }
    return lines;
  }

  async size(taskId: string): Promise<{ readonly lastSeq: number; readonly bytes: number }> {
    const [row] = await this.#db.read('select log_seq, log_bytes from task where seq = ?', [seqOf(TASK, taskId)]);
    return { lastSeq: Number(row?.['log_seq'] ?? 0), bytes: Number(row?.['log_bytes'] ?? 0) };
  }

  async activities(taskId: string): Promise<readonly Activity[]> {
    return (await this.#of('activity', taskId, 'order by place')).map(toActivity);
  }

  async findRun(key: RunKey): Promise<RunRecord | undefined> {
    const [row] = await this.#db.read(
      'select * from run where task_seq = ? and action = ? and attempt = ? and key = ?',
      [seqOf(TASK, key.taskId), key.action, key.attempt, key.key],
    );
    return row && toRun(this.#vault, row);
  }

  async runs(taskId: string): Promise<readonly RunRecord[]> {
    return (await this.#of('run', taskId, 'order by place')).map((row) => toRun(this.#vault, row));
  }

  async outputs(taskId: string): Promise<readonly OutputVariable[]> {
    return (await this.#of('output', taskId, 'order by action, name_key')).map((row) => ({
      action: Number(row['action']),
      actionName: String(row['action_name']),
      name: String(row['name']),
      sensitive: Number(row['sensitive']) === 1,
      value: this.#vault.open(`output of ${String(row['task_seq'])}`, row['sealed']) as string,
    }));
  }

  async masks(taskId: string): Promise<readonly string[]> {
    const rows = await this.#of('mask', taskId, '');
    return rows.map((row) => this.#vault.open(`mask of ${String(row['task_seq'])}`, row['sealed']) as string);
  }

  async artifacts(taskId: string): Promise<readonly Artifact[]> {
    return (await this.#of('artifact', taskId, 'order by seq')).map(toArtifact);
  }

  #of(table: string, taskId: string, order: string) {
    return this.#db.read(`select * from ${table} where task_seq = ? ${order}`, [seqOf(TASK, taskId)]);
  }

  /** A later value of the same action and name wins (calamari.md 5.4). */
  async #outputs(trx: Knex.Transaction, seq: number, outputs: readonly OutputVariable[]): Promise<void> {
    for (const { action, actionName, name, value, sensitive } of outputs)
      await run(
        trx,
        `insert into output (task_seq, action, name_key, action_name, name, sensitive, sealed) values (?, ?, ?, ?, ?, ?, ?)
         on conflict (task_seq, action, name_key) do update set
           name = excluded.name, sensitive = excluded.sensitive, sealed = excluded.sealed`,
        [
          seq,
          action,
          name.toLowerCase(),
          actionName,
          name,
          sensitive ? 1 : 0,
          this.#vault.seal(`output of ${seq}`, value),
        ],
      );
  }
}

async function appendLines(
  trx: Knex.Transaction,
  seq: number,
  last: number,
  lines: readonly NewLine[],
): Promise<number> {
  if (lines.length === 0) return last;
  let bytes = 0;
  for (const chunk of toChunks(lines, last + 1)) {
    bytes += chunk.data.length;
    await run(trx, 'insert into task_log (task_seq, first_seq, last_seq, data) values (?, ?, ?, ?)', [
      seq,
      chunk.first,
      chunk.last,
      chunk.data,
    ]);
  }
  const alarming = lines.some((l) => ALARMING.has(l.category)) ? 1 : 0;
  await run(
    trx,
    `update task set log_seq = ?, log_bytes = log_bytes + ?,
       has_warnings = case when ? = 1 then 1 else has_warnings end where seq = ?`,
    [last + lines.length, bytes, alarming, seq],
  );
  return last + lines.length;
}
