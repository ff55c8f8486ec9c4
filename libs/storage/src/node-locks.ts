import { ConflictError, InputError } from '@octo/kernel';
import { type Liveness } from '@octo/plane';
import Sqlite from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Who is alive, by locks that the system drops with their process, kill -9 too: an exclusive transaction held open on a
 * small SQLite file per node. A file with a pid in it would outlive its process and be believed. Local disks only.
 */
export class NodeLocks implements Liveness, AsyncDisposable {
  readonly #dir: string;
  readonly #held = new Map<string, Sqlite.Database>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Be that node until the process ends or this object is disposed. */
  async hold(nodeId: string): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const lock = tryLock(this.#file(nodeId));
    if (!lock)
      throw new ConflictError('OCTO_STORAGE_NODE_HELD', `another process is node ${nodeId} on this folder`, {
        hint: 'stop that one first, or use another data folder',
      });
    this.#held.set(nodeId, lock);
  }

  async isDead(nodeId: string): Promise<boolean> {
    if (this.#held.has(nodeId)) return false;
    const file = this.#file(nodeId);
    if (!existsSync(file)) return true;
    const lock = tryLock(file);
    lock?.close();
    return lock !== undefined;
  }

  async forget(nodeId: string): Promise<void> {
    this.#held.get(nodeId)?.close();
    this.#held.delete(nodeId);
    await rm(this.#file(nodeId), { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const lock of this.#held.values()) lock.close();
    this.#held.clear();
  }

  #file(nodeId: string): string {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,120}$/.test(nodeId))
      throw new InputError('OCTO_STORAGE_NODE_ID', `"${nodeId}" cannot be the id of a node`);
    return join(this.#dir, `${nodeId}.lock`);
  }
}

function tryLock(file: string): Sqlite.Database | undefined {
  const db = new Sqlite(file, { timeout: 0 });
  try {
    db.exec('begin exclusive');
    return db;
  } catch (error) {
    db.close();
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) return undefined;
    throw error;
  }
}
