import { setTimeout as sleep } from 'node:timers/promises';
import { type Database } from './database.ts';
import { expectNodeId, nodeHeld, type NodeHolds } from './node-holds.ts';
import { ask, type Line } from './postgres-line.ts';
import { type PostgresSession } from './postgres-session.ts';

/** Whoever looks whether a node lives keeps its lock for a moment; only who is still kept out after this is too late. */
const HOLD_LIMIT_MS = 200;
const RETRY_MS = 5;
const KEY = `hashtextextended('octo node ' || ?, 0)`;

/**
 * Who is alive, by advisory locks of a session: PostgreSQL drops them with the connection, so at once when a process is
 * killed, and by keep-alive half a minute after its machine is gone. Not by `last_seen_ms`: the clocks of machines differ,
 * and a node that was only slow would be buried alive.
 *
 * A node that lives may lose its lock with its connection, and takes it again. If another took over its tasks meanwhile,
 * their fence keeps it from writing. When the database itself restarts all lose theirs at once, therefore
 * nobody is declared dead in the first moments after that.
 */
export class PostgresLocks implements NodeHolds {
  readonly #db: Database;
  readonly #session: PostgresSession;
  readonly #graceMs: number;
  readonly #held = new Set<string>();

  constructor(db: Database, session: PostgresSession, graceMs: number) {
    this.#db = db;
    this.#session = session;
    this.#graceMs = graceMs;
    session.onRenewal((line) => this.#retake(line));
  }

  async hold(nodeId: string): Promise<void> {
    expectNodeId(nodeId);
    if (this.#held.has(nodeId)) throw nodeHeld(nodeId, 'database'); // the lock would be had twice
    const giveUpMs = performance.now() + HOLD_LIMIT_MS;
    while (!(await this.#session.use((line) => take(line, nodeId)))) {
      if (performance.now() >= giveUpMs) throw nodeHeld(nodeId, 'database');
      await sleep(RETRY_MS);
    }
    this.#held.add(nodeId);
  }

  /** Looking takes a shared lock for the length of a statement: any number may look without seeing each other. */
  async isDead(nodeId: string): Promise<boolean> {
    expectNodeId(nodeId);
    if (this.#held.has(nodeId)) return false;
    const [row] = await this.#db.read(
      `select pg_try_advisory_xact_lock_shared(${KEY})
         and clock_timestamp() - pg_postmaster_start_time() >= ? * interval '1 millisecond' as dead`,
      [nodeId, this.#graceMs],
    );
    return row?.['dead'] === true;
  }

  async forget(nodeId: string): Promise<void> {
    expectNodeId(nodeId);
    if (!this.#held.delete(nodeId)) return;
    await this.#session.use((line) => ask(line, `select pg_advisory_unlock(${KEY})`, [nodeId]));
  }

  /** The session ends them, and it belongs to whoever opened it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#held.clear();
  }

  /** Another process that is this node by now stays it; that one's tasks have a higher fence. */
  async #retake(line: Line): Promise<void> {
    for (const nodeId of this.#held) await take(line, nodeId);
  }
}

async function take(line: Line, nodeId: string): Promise<boolean> {
  const { rows } = await ask(line, `select pg_try_advisory_lock(${KEY}) as taken`, [nodeId]);
  return rows[0]?.['taken'] === true;
}
