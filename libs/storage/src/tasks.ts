import { NotFoundError } from '@octo/kernel';
import {
  type Claim,
  type NewEvent,
  type Page,
  type ServerTask,
  type TaskChange,
  type TaskFilter,
  type TaskRequest,
  type Tasks,
  type TaskState,
  type Waiting,
} from '@octo/plane';
import { claimLost, HELD } from './claims.ts';
import { type Database, type Row, run } from './database.ts';
import { writeEvent } from './events.ts';
import { idOf, seqOf, TASK } from './ids.ts';
import { type News } from './news.ts';
import { countTasks, listTasks } from './task-list.ts';
import { toTask } from './task-rows.ts';
import { type SweepRule, sweepTasks } from './task-sweep.ts';
import { setState } from './task-states.ts';
import { type Vault } from './vault.ts';

export class SqlTasks implements Tasks {
  readonly #db: Database;
  readonly #vault: Vault;
  readonly #news: News;

  constructor(db: Database, vault: Vault, news: News) {
    this.#db = db;
    this.#news = news;
    this.#vault = vault;
  }

  async enqueue(
    spaceId: string,
    request: TaskRequest,
    queue: { readonly nowMs: number; readonly expiresAtMs?: number; readonly onlyNodeId?: string },
  ): Promise<ServerTask> {
    const task = await this.#db.write(async (trx) => {
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
    this.#news.tell('queue'); // also of one that names a node: it may be another one
    return task;
  }

  async get(taskId: string): Promise<ServerTask | undefined> {
    const [row] = await this.#db.read('select * from task where seq = ?', [seqOf(TASK, taskId)]);
    return row && toTask(row);
  }

  async request(taskId: string): Promise<TaskRequest> {
    const seq = seqOf(TASK, taskId);
    const [row] = await this.#db.read('select sealed from task_request where task_seq = ?', [seq]);
    if (!row) throw new NotFoundError('OCTO_TASK_NOT_FOUND', `there is no task ${taskId}`, { hint: 'octo task list' });
    return this.#vault.open(`request of ${idOf(TASK, seq)}`, row['sealed']) as TaskRequest; // sealed by enqueue above
  }

  list(filter: TaskFilter): Promise<Page<ServerTask>> {
    return listTasks(this.#db, filter);
  }
  counts(): Promise<Readonly<Partial<Record<TaskState, number>>>> {
    return countTasks(this.#db);
  }

  async claimNext(
    node: { readonly nodeId: string; readonly onlyOwn: boolean; readonly except?: readonly string[] },
    at: { readonly nowMs: number; readonly untilMs: number },
  ): Promise<{ readonly task: ServerTask; readonly claim: Claim } | undefined> {
    // not with "or": SQLite would plan the query anew whenever it is asked
    const mine = node.onlyOwn ? 'only_node_id = ?' : `only_node_id in ('', ?)`;
    const except = node.except ?? [];
    const others = except.length === 0 ? '' : `and name not in (${except.map(() => '?').join(', ')})`;
    const fit = `state = 'Queued' ${others} and ${mine} and (expires_ms is null or expires_ms > ?)
       and space_id not in (select id from space where is_queue_stopped = 1)`;
    const [waiting] = await this.#db.read(`select 1 from task where ${fit} limit 1`, [
      ...except,
      node.nodeId,
      at.nowMs,
    ]);
    if (!waiting) return undefined; // looking costs no write lock and no commit
    return this.#db.write(async (trx) => {
      const next = `select seq from task where ${fit} order by seq limit 1 ${trx.dialect.skipLocked}`;
      const [first] = await run(trx, next, [...except, node.nodeId, at.nowMs]);
      if (!first) return undefined;
      const [row] = await run(
        trx,
        `update task set state = 'Executing', claim_node = ?, claim_fence = claim_fence + 1, claim_until_ms = ?,
           started_ms = coalesce(started_ms, ?), updated_ms = ?, waiting = null
         where seq = ? and state = 'Queued' returning *`,
        [node.nodeId, at.untilMs, at.nowMs, at.nowMs, Number(first['seq'])],
      );
      return row && withClaim(row, node.nodeId);
    });
  }

  async adopt(
    deadNodeId: string,
    nodeId: string,
    at: { readonly nowMs: number; readonly untilMs: number; readonly except?: readonly string[] },
  ): Promise<readonly { readonly task: ServerTask; readonly claim: Claim }[]> {
    const except = (at.except ?? []).map((id) => seqOf(TASK, id));
    const others = except.length === 0 ? '' : `and seq not in (${except.map(() => '?').join(', ')})`;
    const rows = await this.#db.execute(
      `update task set claim_node = ?, claim_fence = claim_fence + 1, claim_until_ms = ?, updated_ms = ?
       where claim_node = ? and ${HELD} ${others} returning *`,
      [nodeId, at.untilMs, at.nowMs, deadNodeId, ...except],
    );
    return rows.map((row) => withClaim(row, nodeId));
  }

  async renew(nodeId: string, untilMs: number) {
    const rows = await this.#db.execute(
      `update task set claim_until_ms = ? where claim_node = ? and ${HELD}
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

  async handOver(
    claim: Claim,
    nodeId: string,
    at: { readonly nowMs: number; readonly untilMs: number },
  ): Promise<void> {
    const [row] = await this.#db.execute(
      `update task set claim_node = ?, claim_fence = claim_fence + 1, claim_until_ms = ?, updated_ms = ?
       where seq = ? and claim_node = ? and claim_fence = ? and ${HELD} returning seq`,
      [nodeId, at.untilMs, at.nowMs, seqOf(TASK, claim.taskId), claim.nodeId, claim.fence],
    );
    if (!row) throw claimLost(claim);
    this.#news.tell('handed');
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

  async requestCancel(taskId: string, nowMs: number): Promise<ServerTask | undefined> {
    const task = await this.#db.write(async (trx) => {
      const seq = seqOf(TASK, taskId);
      const one = { where: 'seq = ?', bindings: [seq] };
      const change = { errorCode: 'OCTO_TASK_CANCELLED', errorMessage: 'the task was cancelled' };
      const [row] = await run(trx, `select state from task where seq = ? ${trx.dialect.forUpdate}`, [seq]);
      if (row?.['state'] === 'Queued') await setState(trx, 'Canceled', change, nowMs, one);
      if (row?.['state'] === 'Executing') await setState(trx, 'Cancelling', {}, nowMs, one);
      const [after] = await run(trx, 'select * from task where seq = ?', [seq]);
      return after && toTask(after);
    });
    this.#news.tell('cancel');
    return task;
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

  override(taskId: string, to: TaskState, reason: string, audit: NewEvent): Promise<ServerTask | undefined> {
    return this.#db.write(async (trx) => {
      const [row] = await run(
        trx,
        `update task set state = ?, error_message = ?, error_code = ?, updated_ms = ?
         where seq = ? and state in ('Success', 'Failed', 'Canceled', 'TimedOut') returning *`,
        [to, reason, to === 'Success' ? null : 'OCTO_TASK_STATE', audit.atMs, seqOf(TASK, taskId)],
      );
      if (!row) return undefined;
      await writeEvent(trx, audit);
      return toTask(row);
    });
  }

  sweep(rule: SweepRule): Promise<readonly string[]> {
    return sweepTasks(this.#db, rule);
  }

  async setWaiting(taskId: string, waiting: Waiting | null): Promise<void> {
    const value = waiting && JSON.stringify(waiting);
    await this.#db.execute(
      `update task set waiting = ? where seq = ? and state in ('Queued', 'Executing', 'Cancelling')`,
      [value, seqOf(TASK, taskId)],
    );
  }
}

function withClaim(row: Row, nodeId: string) {
  const task = toTask(row);
  return { task, claim: { taskId: task.id, nodeId, fence: Number(row['claim_fence']) } };
}
