import { ConflictError, NotFoundError } from '@octo/kernel';
import {
  type ApiKeys,
  type ArtifactStore,
  type Documents,
  type Events,
  type Journal,
  type Leases,
  type Liveness,
  type Nodes,
  type Pools,
  type Settings,
  type Spaces,
  type Tasks,
  type Workers,
} from '@octo/plane';
import { closeSync, existsSync, openSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FileArtifacts } from './artifact-store.ts';
import { type Database, run } from './database.ts';
import { SqlDocuments } from './documents.ts';
import { SqlEvents } from './events.ts';
import { SqlJournal } from './journal.ts';
import { SqlLeases } from './leases.ts';
import { readMasterKey } from './master-key.ts';
import { checkSchema, migrate } from './migrate.ts';
import { NodeLocks } from './node-locks.ts';
import { SqlNodes } from './nodes.ts';
import { SqlPools } from './pools.ts';
import { SqlApiKeys, SqlSettings } from './settings.ts';
import { SqlSpaces } from './spaces.ts';
import { openSqlite } from './sqlite.ts';
import { SqlTasks } from './tasks.ts';
import { Vault } from './vault.ts';
import { SqlWorkers } from './workers.ts';

export interface StorageOptions {
  /** Folder of the database, the master key, artifacts and locks. Made with mode 0700 where it is missing. */
  readonly dataDir: string;
  /** Only look: nothing is made, migrated or written; a folder without a database is refused. Default false. */
  readonly readOnly?: boolean;
  /** Base64 of 32 bytes; default: `master.key` in the data folder, made at the first open. */
  readonly masterKey?: string;
  /** Longest wait for another process's write. Default 10,000 ms. */
  readonly lockLimitMs?: number;
}

/** The stores of one installation, and the lock of the node that opened them. */
export interface Storage extends AsyncDisposable {
  readonly installationId: string;
  readonly tasks: Tasks;
  readonly journal: Journal;
  readonly artifacts: ArtifactStore;
  readonly leases: Leases;
  readonly workers: Workers;
  readonly pools: Pools;
  readonly nodes: Nodes;
  readonly liveness: Liveness;
  readonly settings: Settings;
  readonly apiKeys: ApiKeys;
  readonly spaces: Spaces;
  readonly documents: Documents;
  readonly events: Events;
  /** Be this node, until the process ends. ConflictError where another process is. */
  hold(nodeId: string): Promise<void>;
}

export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { dataDir, readOnly: isReadOnly = false, lockLimitMs = 10_000 } = options;
  await using undo = new AsyncDisposableStack();
  const file = join(dataDir, 'octo.db');
  if (isReadOnly) expectDatabase(file);
  else await makePlace(dataDir, file);
  const db = undo.use(openSqlite(file, { lockLimitMs, isReadOnly }));
  await (isReadOnly ? checkSchema(db) : migrate(db, 'better-sqlite3'));
  const settings = new SqlSettings(db);
  const vault = await openVault(db, settings, options);
  const locks = undo.use(new NodeLocks(join(dataDir, 'nodes')));
  const installationId = await settings.get('installation.id', '');
  const held = undo.move();
  return {
    installationId,
    settings,
    tasks: new SqlTasks(db, vault),
    journal: new SqlJournal(db, vault),
    artifacts: new FileArtifacts(db, join(dataDir, 'artifacts')),
    leases: new SqlLeases(db),
    workers: new SqlWorkers(db),
    pools: new SqlPools(db),
    nodes: new SqlNodes(db, (nodeId) => locks.forget(nodeId)),
    liveness: locks,
    apiKeys: new SqlApiKeys(db),
    spaces: new SqlSpaces(db),
    documents: new SqlDocuments(db, vault),
    events: new SqlEvents(db),
    hold: (nodeId) => locks.hold(nodeId),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function expectDatabase(file: string): void {
  if (existsSync(file)) return;
  throw new NotFoundError('OCTO_STORAGE_ABSENT', `there is no ${file}`, {
    hint: 'name the data folder with --data or OCTO_DATA; octo run makes one',
  });
}

/** SQLite gives the files beside the database its mode, so that it must be right before the first of them is made. */
async function makePlace(dataDir: string, file: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    if (existsSync(file)) await chmod(file, 0o600);
    else createEmpty(file);
  } catch (cause) {
    throw new ConflictError(
      'OCTO_STORAGE_FOLDER',
      `the data folder ${dataDir} cannot be made: ${(cause as Error).message}`,
      { hint: 'choose another one with --data or OCTO_DATA', cause },
    );
  }
}

/** In one turn: closing the file later could drop locks that SQLite holds on it in this very process (POSIX). */
function createEmpty(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was first
  }
}

/** A value sealed at the first open must open at every other: a wrong key is noticed now, not in the middle of a task. */
async function openVault(db: Database, settings: Settings, options: StorageOptions): Promise<Vault> {
  const proof = await settings.get('vault.proof', '');
  const vault = new Vault(await readMasterKey(options.dataDir, options.masterKey, proof === '' && !options.readOnly));
  const stored = proof === '' && !options.readOnly ? await leaveProof(db, vault) : proof;
  if (stored !== '') vault.open('the database', Buffer.from(stored, 'base64'));
  return vault;
}

/** Answers with the proof that stands: of several processes that open a fresh folder at once the first leaves it. */
function leaveProof(db: Database, vault: Vault): Promise<string> {
  const sealed = vault.seal('the database', 'proof').toString('base64');
  return db.write(async (trx) => {
    const proof = JSON.stringify(sealed);
    await run(trx, `insert into setting (name, value) values ('vault.proof', ?) on conflict do nothing`, [proof]);
    const [row] = await run(trx, `select value from setting where name = 'vault.proof'`);
    return JSON.parse(String(row?.['value'])) as string; // as written here or by another process
  });
}
