import Sqlite from 'better-sqlite3';
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectNodeId, nodeHeld, type NodeHolds } from './node-holds.ts';

/** Whoever looks whether a node lives keeps its lock for a moment; only who is still kept out after this is too late. */
const HOLD_LIMIT_MS = 200;
const RETRY_MS = 5;

/**
 * Who is alive, by locks that the system drops with their process, kill -9 too: an exclusive transaction held open on a
 * small SQLite file per node. A file with a pid in it would outlive its process and be believed. Local disks only.
 */
export class NodeLocks implements NodeHolds {
  readonly #dir: string;
  readonly #held = new Map<string, Sqlite.Database>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Be that node until the process ends or this object is disposed. */
  async hold(nodeId: string): Promise<void> {
    const file = this.#file(nodeId);
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const giveUpMs = performance.now() + HOLD_LIMIT_MS;
    for (;;) {
      const lock = lockOf(file);
      if (lock) return void this.#held.set(nodeId, lock);
      if (performance.now() >= giveUpMs) break;
      await sleep(RETRY_MS);
    }
    throw nodeHeld(nodeId, 'folder');
  }

  /** Looking takes a shared lock, so that any number may look at once without seeing each other as the node. */
  async isDead(nodeId: string): Promise<boolean> {
    const file = this.#file(nodeId);
    if (this.#held.has(nodeId)) return false;
    if (!existsSync(file)) return true;
    const looked = tryLock(file, 'begin; select count(*) from sqlite_master');
    looked?.close();
    return looked !== undefined;
  }

  /** Remove what a dead node, or this one, leaves on disk. The lock of a living one stays. */
  async forget(nodeId: string): Promise<void> {
    const file = this.#file(nodeId);
    if (!existsSync(file)) return;
    const lock = this.#held.get(nodeId) ?? tryLock(file, 'begin exclusive');
    if (!lock) return;
    await rm(file, { force: true }); // while it is held: nobody is that node in between
    lock.close();
    this.#held.delete(nodeId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const lock of this.#held.values()) lock.close();
    this.#held.clear();
  }

  #file(nodeId: string): string {
    expectNodeId(nodeId);
    return join(this.#dir, `${nodeId}.lock`);
  }
}

/** The lock, unless the file was removed by `forget` between opening and locking: then it would guard nothing. */
function lockOf(file: string): Sqlite.Database | undefined {
  create(file);
  const before = identity(file);
  const lock = tryLock(file, 'begin exclusive');
  if (!lock || (before !== undefined && identity(file) === before)) return lock;
  lock.close();
  return undefined;
}

/** Only where there is none: closing a file that SQLite has open in this process would drop its locks (POSIX). */
function create(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function identity(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}

function tryLock(file: string, how: string): Sqlite.Database | undefined {
  const db = new Sqlite(file, { timeout: 0 });
  try {
    db.exec(how);
    return db;
  } catch (error) {
    db.close();
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) return undefined;
    throw error;
  }
}
