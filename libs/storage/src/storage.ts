import { ConflictError } from '@octo/kernel';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FileArtifacts } from './artifact-store.ts';
import { Database } from './database.ts';
import { SqlJournal } from './journal.ts';
import { SqlLeases } from './leases.ts';
import { NodeLocks } from './node-locks.ts';
import { SqlNodes } from './nodes.ts';
import { migrate } from './schema.ts';
import { SqlApiKeys, SqlSettings, SqlSpaces } from './settings.ts';
import { SqlTasks } from './tasks.ts';
import { readMasterKey, Vault } from './vault.ts';
import { SqlPools, SqlWorkers } from './workers.ts';

export interface StorageOptions {
  /** Folder of the database, the master key, artifacts and locks. Made with mode 0700 where it is missing. */
  readonly dataDir: string;
  /** Base64 of 32 bytes; default: `master.key` in the data folder, made at the first open. */
  readonly masterKey?: string;
  /** Longest wait for another process's write. Default 10,000 ms. */
  readonly lockLimitMs?: number;
}

/** The stores of one installation, and the lock of the node that opened them. */
export interface Storage extends AsyncDisposable {
  readonly installationId: string;
  readonly tasks: SqlTasks;
  readonly journal: SqlJournal;
  readonly artifacts: FileArtifacts;
  readonly leases: SqlLeases;
  readonly workers: SqlWorkers;
  readonly pools: SqlPools;
  readonly nodes: SqlNodes;
  readonly liveness: NodeLocks;
  readonly settings: SqlSettings;
  readonly apiKeys: SqlApiKeys;
  readonly spaces: SqlSpaces;
  /** Be this node, until the process ends. ConflictError where another process is. */
  hold(nodeId: string): Promise<void>;
}

export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { dataDir } = options;
  await makeFolder(dataDir);
  await using undo = new AsyncDisposableStack();
  const file = join(dataDir, 'octo.db');
  const db = undo.use(Database.sqlite(file, options.lockLimitMs ?? 10_000));
  await migrate(db);
  await chmod(file, 0o600);
  const vault = new Vault(await readMasterKey(dataDir, options.masterKey));
  await provePossession(db, vault);
  const locks = undo.use(new NodeLocks(join(dataDir, 'nodes')));
  const settings = new SqlSettings(db);
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
    hold: (nodeId) => locks.hold(nodeId),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function makeFolder(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new ConflictError(
      'OCTO_STORAGE_FOLDER',
      `the data folder ${dataDir} cannot be made: ${(cause as Error).message}`,
      {
        hint: 'choose another one with --data or OCTO_DATA',
        cause,
      },
    );
  }
}

/** A value sealed at the first open must open at every other: a wrong key is noticed now, not in the middle of a task. */
async function provePossession(db: Database, vault: Vault): Promise<void> {
  await db.write(async (trx) => {
    const [row] = (await trx.raw(`select value from setting where name = 'vault.proof'`)) as { value: string }[];
    if (row) {
      vault.open('the database', Buffer.from(JSON.parse(row.value) as string, 'base64'));
      return;
    }
    const proof = JSON.stringify(vault.seal('the database', 'proof').toString('base64'));
    await trx.raw(`insert into setting (name, value) values ('vault.proof', ?)`, [proof]);
  });
}
