import {
  type ApiKeys,
  type ArtifactStore,
  type Connections,
  type Documents,
  type Events,
  type JoinTokens,
  type Journal,
  type Leases,
  type Liveness,
  type Nodes,
  type Pools,
  type Settings,
  type Spaces,
  type Strays,
  type Tasks,
  type Workers,
} from '@octo/plane';
import { join } from 'node:path';
import { FileArtifacts } from './artifact-store.ts';
import { SqlConnections } from './connections.ts';
import { type Database, run } from './database.ts';
import { SqlDocuments } from './documents.ts';
import { SqlEvents } from './events.ts';
import { SqlJoinTokens } from './join-tokens.ts';
import { SqlJournal } from './journal.ts';
import { SqlLeases } from './leases.ts';
import { readMasterKey } from './master-key.ts';
import { checkSchema, migrate } from './migrate.ts';
import { type News } from './news.ts';
import { SqlNodes } from './nodes.ts';
import { openPlace } from './place.ts';
import { SqlPools } from './pools.ts';
import { type PostgresLimits } from './postgres.ts';
import { SqlApiKeys, SqlSettings } from './settings.ts';
import { SqlSpaces } from './spaces.ts';
import { SqlStrays } from './strays.ts';
import { SqlTasks } from './tasks.ts';
import { Vault } from './vault.ts';
import { type AddressOf, SqlWorkers } from './workers.ts';

export interface StorageOptions {
  /** Folder of the database, the master key, artifacts and locks. Made with mode 0700 where it is missing. */
  readonly dataDir: string;
  /** Only look: nothing is made, migrated or written; a folder without a database is refused. Default false. */
  readonly readOnly?: boolean;
  /** Base64 of 32 bytes; default: `master.key` in the data folder, made at the first open. */
  readonly masterKey?: string;
  /** Longest wait for another process's write. Default 10,000 ms. */
  readonly lockLimitMs?: number;
  /**
   * `postgres://…`: the database is there instead of in the folder. The bytes of artifacts and the master key stay in the
   * data folder: several nodes need the same key (OCTO_MASTER_KEY, or a copy of `master.key`) and a folder that they share.
   */
  readonly databaseUrl?: string;
  readonly postgres?: PostgresLimits;
  /** Default: no endpoint has an address. */
  readonly addressOf?: AddressOf;
}

/** The stores of one installation, and the lock of the node that opened them. */
export interface Storage extends AsyncDisposable {
  readonly installationId: string;
  readonly tasks: Tasks;
  readonly journal: Journal;
  readonly artifacts: ArtifactStore;
  readonly leases: Leases;
  readonly workers: Workers;
  readonly connections: Connections;
  readonly strays: Strays;
  readonly joinTokens: JoinTokens;
  readonly pools: Pools;
  readonly nodes: Nodes;
  readonly liveness: Liveness;
  readonly settings: Settings;
  readonly apiKeys: ApiKeys;
  readonly spaces: Spaces;
  readonly documents: Documents;
  readonly events: Events;
  /** Wake-ups between the processes on the database. */
  readonly news: News;
  /** Be this node, until the process ends. ConflictError where another process is. */
  hold(nodeId: string): Promise<void>;
}

export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { dataDir, readOnly: isReadOnly = false, addressOf = async () => '' } = options;
  await using undo = new AsyncDisposableStack();
  const { db, locks, news } = undo.use(await openPlace(options));
  await (isReadOnly ? checkSchema(db) : migrate(db));
  const settings = new SqlSettings(db);
  const vault = await openVault(db, settings, options);
  const installationId = await settings.get('installation.id', '');
  const held = undo.move();
  return {
    installationId,
    settings,
    tasks: new SqlTasks(db, vault, news),
    journal: new SqlJournal(db, vault),
    artifacts: new FileArtifacts(db, join(dataDir, 'artifacts')),
    leases: new SqlLeases(db, news),
    workers: new SqlWorkers(db, news, addressOf),
    connections: new SqlConnections(db, news),
    strays: new SqlStrays(db, news),
    joinTokens: new SqlJoinTokens(db, news, addressOf),
    pools: new SqlPools(db),
    nodes: new SqlNodes(db, (nodeId) => locks.forget(nodeId)),
    liveness: locks,
    apiKeys: new SqlApiKeys(db),
    spaces: new SqlSpaces(db),
    documents: new SqlDocuments(db, vault),
    events: new SqlEvents(db),
    news,
    hold: (nodeId) => locks.hold(nodeId),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** A value that only the right key opens. */
export const PROOF = { setting: 'vault.proof', what: 'the database', text: 'proof' } as const;

/** A value sealed at the first open must open at every other: a wrong key is noticed now, not in the middle of a task. */
export async function openVault(db: Database, settings: Settings, options: StorageOptions): Promise<Vault> {
  const proof = await settings.get(PROOF.setting, '');
  const mayMake = proof === '' && !options.readOnly;
  const fits = (key: Buffer) => proof === '' || opens(new Vault(key), proof);
  const vault = new Vault(await readMasterKey(options.dataDir, options.masterKey, { mayMake, fits }));
  const stored = mayMake ? await leaveProof(db, vault) : proof;
  if (stored !== '') vault.open(PROOF.what, Buffer.from(stored, 'base64'));
  return vault;
}

function opens(vault: Vault, proof: string): boolean {
  try {
    return vault.open(PROOF.what, Buffer.from(proof, 'base64')) === PROOF.text;
  } catch {
    return false;
  }
}

/** Answers with the proof that stands: of several processes that open a fresh folder at once the first leaves it. */
function leaveProof(db: Database, vault: Vault): Promise<string> {
  const sealed = vault.seal(PROOF.what, PROOF.text).toString('base64');
  return db.write(async (trx) => {
    const proof = JSON.stringify(sealed);
    await run(trx, 'insert into setting (name, value) values (?, ?) on conflict do nothing', [PROOF.setting, proof]);
    const [row] = await run(trx, 'select value from setting where name = ?', [PROOF.setting]);
    return JSON.parse(String(row?.['value'])) as string; // as written here or by another process
  });
}
