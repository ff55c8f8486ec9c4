import { NotFoundError } from '@octo/kernel';
import {
  type Claim,
  type Page,
  type ServerTask,
  statesBefore,
  type TaskChange,
  type TaskFilter,
  type TaskRequest,
  type Tasks,
  type TaskState,
  type Waiting,
} from '@octo/plane';
import { type Knex } from 'knex';
import { claimLost } from './claims.ts';
import { type Database, type Row, run } from './database.ts';
import { idOf, seqOf, TASK } from './ids.ts';
import { toTask } from './task-rows.ts';
import { type Vault } from './vault.ts';

export class SqlTasks implements Tasks {
  readonly #db: Database;
  readonly #vault: Vault;

  constructor(db: Database, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  enqueue(
    spaceId: string,
    request: TaskRequest,
    queue: { readonly nowMs: number; readonly expiresAtMs?: number; readonly onlyNodeId?: string },
  ): Promise<ServerTask> {
    return this.#db.write(async (trx) => {
      const [row] = await run(
        trx,
        `insert into task (space_id, name, description, state, only_node_id, queued_ms, updated_ms, expires_ms)
         values (?, ?, ?, 'Queued', ?, ?, ?, ?) returning *`,
        [
          spaceId,
          request.name,
          request.description,
          queue.onlyNodeId ?? '',
          queue.nowMs,
          queue.nowMs,
          queue.expiresAtMs ?? null,
        ],
      );
      const task = toTask(row as Row);
      const sealed = this.#vault.seal(`request of ${task.id}`, request);
      await run(trx, 'insert into task_request (task_seq, sealed) values (?, ?)', [seqOf(TASK, task.id), sealed]);
      return task;
    });
  }

  async get(taskId: string): Promise<ServerTask | undefined> {
    const [row] = await this.#db.read('select * from task where seq = ?', [seqOf(TASK, taskId)]);
    return row && toTask(row);
  }

  async request(taskId: string): Promise<TaskRequest> {
    const [row] = await this.#db.read('select sealed from task_request where task_seq = ?', [seqOf(TASK, taskId)]);
    if (!row) throw new NotFoundError('OCTO_TASK_NOT_FOUND', `there is no task ${taskId}`, { hint: 'octo task list' });
    return this.#vault.open(`request of ${taskId}`, row['sealed']) as TaskRequest; // sealed by enqueue above
  }

  async list(filter: TaskFilter): Promise<Page<ServerTask>> {
    const { where, bindings } = conditions(filter);
    const [count] = await this.#db.read(`select count(*) as total from task ${where}`, bindings);
    const rows = await this.#db.read(`select * from task ${where} order by seq desc limit ? offset ?`, [
      ...bindings,
      filter.take,
      filter.skip,
    ]);
    return { items: rows.map(toTask), total: Number(count?.['total'] ?? 0) };
  }

  async counts(): Promise<Readonly<Partial<Record<TaskState, number>>>> {
    const rows = await this.#db.read('select state, count(*) as total from task group by state');
    return Object.fromEntries(rows.map((row) => [row['state'], Number(row['total'])]));
  }

  async claimNext(
    node: { readonly nodeId: string; readonly onlyOwn: boolean },
    at: { readonly nowMs: number; readonly untilMs: number },
  ): Promise<{ readonly task: ServerTask; readonly claim: Claim } | undefined> {
    const mine = node.onlyOwn ? 'only_node_id = ?' : `(only_node_id = '' or only_node_id = ?)`;
    const fit = `state = 'Queued' and ${mine} and (expires_ms is null or expires_ms > ?)`;
    const [waiting] = await this.#db.read(`select 1 from task where ${fit} limit 1`, [node.nodeId, at.nowMs]);
    if (!waiting) return undefined; // looking costs no write lock and no commit
    const [row] = await this.#db.execute(
      `update task set state = 'Executing', claim_node = ?, claim_fence = claim_fence + 1, claim_until_ms = ?,
         started_ms = coalesce(started_ms, ?), updated_ms = ?, waiting = null
       where seq = (select seq from task where ${fit} order by seq limit 1) and state = 'Queued' returning *`,
      [node.nodeId, at.untilMs, at.nowMs, at.nowMs, node.nodeId, at.nowMs],
    );
    return row && withClaim(row, node.nodeId);
  }

  async adopt(
    deadNodeId: string,
    nodeId: string,
    at: { readonly nowMs: number; readonly untilMs: number },
  ): Promise<readonly { readonly task: ServerTask; readonly claim: Claim }[]> {
    const rows = await this.#db.execute(
      `update task set claim_node = ?, claim_fence = claim_fence + 1, claim_until_ms = ?, updated_ms = ?
       where claim_node = ? and state in ('Executing', 'Cancelling') returning *`,
      [nodeId, at.untilMs, at.nowMs, deadNodeId],
    );
    return rows.map((row) => withClaim(row, nodeId));
  }

  async renew(nodeId: string, untilMs: number) {
    const rows = await this.#db.execute(
      `update task set claim_until_ms = ? where claim_node = ? and state in ('Executing', 'Cancelling')
       returning seq, state, claim_fence`,
      [untilMs, nodeId],
    );
    return rows.map((row) => ({
      taskId: idOf(TASK, row['seq']),
      state: row['state'] as TaskState, // written by this package alone
      fence: Number(row['claim_fence']),
    }));
  }

  async detach(claim: Claim, nowMs: number): Promise<void> {
    await this.#db.execute(
      'update task set claim_until_ms = ?, updated_ms = ? where seq = ? and claim_node = ? and claim_fence = ?',
      [nowMs, nowMs, seqOf(TASK, claim.taskId), claim.nodeId, claim.fence],
    );
  }

  move(claim: Claim, to: TaskState, change: TaskChange, nowMs: number): Promise<boolean> {
    return this.#db.write(async (trx) => {
      const moved = await setState(trx, to, change, nowMs, {
        where: 'seq = ? and claim_node = ? and claim_fence = ?',
        bindings: [seqOf(TASK, claim.taskId), claim.nodeId, claim.fence],
      });
      if (moved.length > 0) return true;
      const [row] = await run(trx, 'select claim_node, claim_fence from task where seq = ?', [
        seqOf(TASK, claim.taskId),
      ]);
      if (row?.['claim_node'] !== claim.nodeId || Number(row['claim_fence']) !== claim.fence) throw claimLost(claim);
      return false;
    });
  }

  requestCancel(taskId: string, nowMs: number): Promise<ServerTask | undefined> {
    return this.#db.write(async (trx) => {
      const seq = seqOf(TASK, taskId);
      const one = { where: 'seq = ?', bindings: [seq] };
      const change = { errorCode: 'OCTO_TASK_CANCELLED', errorMessage: 'the task was cancelled' };
      const [row] = await run(trx, 'select state from task where seq = ?', [seq]);
      if (row?.['state'] === 'Queued') await setState(trx, 'Canceled', change, nowMs, one);
      if (row?.['state'] === 'Executing') await setState(trx, 'Cancelling', {}, nowMs, one);
      const [after] = await run(trx, 'select * from task where seq = ?', [seq]);
      return after && toTask(after);
    });
  }

  async endQueued(
    which: { readonly onlyNodeId: string } | { readonly expiredAtMs: number },
    to: 'Canceled' | 'TimedOut',
    change: TaskChange,
    nowMs: number,
  ): Promise<readonly ServerTask[]> {
    const fit =
      'onlyNodeId' in which
        ? { where: `state = 'Queued' and only_node_id = ?`, bindings: [which.onlyNodeId] }
        : { where: `state = 'Queued' and expires_ms <= ?`, bindings: [which.expiredAtMs] };
    const [any] = await this.#db.read(`select 1 from task where ${fit.where} limit 1`, fit.bindings);
    if (!any) return [];
    const rows = await this.#db.write((trx) => setState(trx, to, change, nowMs, fit));
    return rows.map(toTask);
  }

  async setWaiting(taskId: string, waiting: Waiting | null): Promise<void> {
    const value = waiting && JSON.stringify(waiting);
    await this.#db.execute(
      `update task set waiting = ? where seq = ? and state in ('Queued', 'Executing', 'Cancelling')`,
      [value, seqOf(TASK, taskId)],
    );
  }
}

const OVER: readonly TaskState[] = ['Success', 'Failed', 'Canceled', 'TimedOut'];

/** Every change of state passes here, and asks the table of R213. An ended task drops its claim. */
function setState(
  trx: Knex.Transaction,
  to: TaskState,
  change: TaskChange,
  nowMs: number,
  fit: { readonly where: string; readonly bindings: readonly Knex.RawBinding[] },
): Promise<Row[]> {
  const waiting = change.waiting ? JSON.stringify(change.waiting) : null;
  const sets = ['state = ?', 'updated_ms = ?', 'waiting = ?'];
  const bindings: Knex.RawBinding[] = [to, nowMs, waiting];
  const set = (sql: string, value: Knex.RawBinding) => {
    sets.push(sql);
    bindings.push(value);
  };
  if (change.errorCode !== undefined) set('error_code = ?', change.errorCode);
  if (change.errorMessage !== undefined) set('error_message = ?', change.errorMessage);
  if (OVER.includes(to)) set('completed_ms = ?, claim_until_ms = null', nowMs);
  const before = statesBefore(to);
  return run(
    trx,
    `update task set ${sets.join(', ')} where ${fit.where} and state in (${before.map(() => '?').join(', ')}) returning *`,
    [...bindings, ...fit.bindings, ...before],
  );
}

function withClaim(row: Row, nodeId: string) {
  const task = toTask(row);
  return { task, claim: { taskId: task.id, nodeId, fence: Number(row['claim_fence']) } };
}

function conditions(filter: TaskFilter): { readonly where: string; readonly bindings: Knex.RawBinding[] } {
  const parts: string[] = [];
  const bindings: Knex.RawBinding[] = [];
  const add = (sql: string, ...values: Knex.RawBinding[]) => {
    parts.push(sql);
    bindings.push(...values);
  };
  const oneOf = (column: string, values: readonly (string | number)[]) =>
    add(`${column} in (${values.map(() => '?').join(', ') || 'null'})`, ...values);
  if (filter.ids)
    oneOf(
      'seq',
      filter.ids.map((id) => seqOf(TASK, id)),
    );
  if (filter.states) oneOf('state', filter.states);
  if (filter.name !== undefined) add('lower(name) = ?', filter.name.toLowerCase());
  if (filter.nodeId !== undefined) add('claim_node = ?', filter.nodeId);
  if (filter.spaceId !== undefined) add('space_id = ?', filter.spaceId);
  if (filter.partialName !== undefined)
    add(`lower(description) like ? escape '!'`, `%${filter.partialName.toLowerCase().replaceAll(/[!%_]/g, '!$&')}%`);
  if (filter.hasWarningsOrErrors !== undefined) add('has_warnings = ?', filter.hasWarningsOrErrors ? 1 : 0);
  return { where: parts.length === 0 ? '' : `where ${parts.join(' and ')}`, bindings };
}
