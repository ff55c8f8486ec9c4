import {
  type Activity,
  type Artifact,
  type Claim,
  type Entry,
  type Journal,
  type LogLine,
  type NewLine,
  type OutputVariable,
  type PackedLines,
  type RunKey,
  type RunRecord,
} from '@octo/plane';
import { toActivity, upsertActivities } from './activities.ts';
import { insertArtifacts, toArtifact } from './artifact-rows.ts';
import { holdClaim } from './claims.ts';
import { type Database, run, type Transaction } from './database.ts';
import { seqOf, TASK } from './ids.ts';
import { toChunks } from './log-chunks.ts';
import { readLines, readPacked } from './log-reader.ts';
import { insertMasks, toMask } from './masks.ts';
import { toOutput, upsertOutputs } from './outputs.ts';
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
      await upsertOutputs(trx, this.#vault, seq, entry.outputs ?? []);
      await insertArtifacts(trx, seq, entry.artifacts ?? []);
      await insertMasks(trx, this.#vault, seq, entry.masks ?? []);
      return last;
    });
  }

  async appendUnclaimed(taskId: string, lines: readonly NewLine[]): Promise<void> {
    await this.#db.write(async (trx) => {
      const seq = seqOf(TASK, taskId);
      const [row] = await run(trx, `select log_seq from task where seq = ? ${trx.dialect.forUpdate}`, [seq]);
      if (row) await appendLines(trx, seq, Number(row['log_seq']), lines);
    });
  }

  read(taskId: string, after: number, limitBytes: number): Promise<readonly LogLine[]> {
    return readLines(this.#db, seqOf(TASK, taskId), after, limitBytes);
  }

  readPacked(taskId: string, after: number, limitBytes: number): Promise<PackedLines> {
    return readPacked(this.#db, seqOf(TASK, taskId), after, limitBytes);
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
    return (await this.#of('output', taskId, 'order by action, name_key')).map((row) => toOutput(this.#vault, row));
  }

  async masks(taskId: string): Promise<readonly string[]> {
    return (await this.#of('mask', taskId, 'order by seq')).map((row) => toMask(this.#vault, row));
  }

  async artifacts(taskId: string): Promise<readonly Artifact[]> {
    return (await this.#of('artifact', taskId, 'order by seq')).map(toArtifact);
  }

  #of(table: string, taskId: string, order: string) {
    return this.#db.read(`select * from ${table} where task_seq = ? ${order}`, [seqOf(TASK, taskId)]);
  }
}

async function appendLines(trx: Transaction, seq: number, last: number, lines: readonly NewLine[]): Promise<number> {
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
