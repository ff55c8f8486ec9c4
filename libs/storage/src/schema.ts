import { randomUUID } from 'node:crypto';
import { run, type Transaction } from './database.ts';
import { createTaskTables } from './schema-tasks.ts';

/** The two words in which databases differ; every other word of the schema is the same in all of them. */
export interface Words {
  /** Type of a key that counts by itself and never again gives a number that was given. */
  readonly serial: string;
  readonly bytes: string;
}

/** Schema 1. */
export async function createTables(trx: Transaction, words: Words): Promise<void> {
  for (const statement of placeTables(words)) await run(trx, statement);
  await createTaskTables(trx, words);
  for (const statement of workTables(words)) await run(trx, statement);
  await seed(trx);
}

/** Where work may run, and who does it. */
const placeTables = ({ serial }: Words): readonly string[] => [
  'create table setting (name text primary key, value text not null)',
  `create table space (
     id text primary key,
     name text not null,
     slug text not null,
     is_default integer not null
   )`,
  `create table worker_pool (
     seq ${serial},
     space_id text not null references space (id),
     name text not null,
     name_key text not null,
     slug text not null,
     description text not null,
     is_default integer not null,
     sort_order integer not null
   )`,
  'create unique index worker_pool_space_id_name_key_unique on worker_pool (space_id, name_key)',
  `create table worker (
     seq ${serial},
     space_id text not null references space (id),
     name text not null,
     name_key text not null,
     slug text not null,
     machine_policy_id text not null,
     is_disabled integer not null,
     health text not null,
     status_summary text not null,
     style text not null,
     endpoint text not null
   )`,
  'create unique index worker_space_id_name_key_unique on worker (space_id, name_key)',
  `create table worker_pool_member (
     worker_seq integer not null references worker (seq) on delete cascade,
     pool_seq integer not null references worker_pool (seq),
     primary key (worker_seq, pool_seq)
   )`,
  `create table node (
     id text primary key,
     name text not null,
     kind text not null,
     task_cap integer not null,
     started_ms bigint not null,
     last_seen_ms bigint not null
   )`,
];

/** Holds on workers, and keys. */
const workTables = ({ serial }: Words): readonly string[] => [
  `create table lease (
     seq ${serial},
     worker_id text not null,
     task_id text not null,
     space_id text not null,
     node_id text not null,
     taken_ms bigint not null,
     until_ms bigint not null,
     exclusive integer not null
   )`,
  'create index lease_worker_id_index on lease (worker_id)',
  'create index lease_node_id_index on lease (node_id)',
  'create table worker_use (worker_id text primary key, last_leased_ms bigint not null)',
  `create table api_key (
     seq ${serial},
     hash text not null,
     hint text not null,
     purpose text not null,
     created_ms bigint not null
   )`,
  'create unique index api_key_hash_unique on api_key (hash)',
];

/** What every installation begins with. */
async function seed(trx: Transaction): Promise<void> {
  await run(trx, `insert into space (id, name, slug, is_default) values ('Spaces-1', 'Default', 'default', 1)`);
  await run(
    trx,
    `insert into worker_pool (space_id, name, name_key, slug, description, is_default, sort_order)
     values ('Spaces-1', 'Default Worker Pool', 'default worker pool', 'default-worker-pool', '', 1, 0)`,
  );
  await run(trx, `insert into setting (name, value) values ('installation.id', ?)`, [JSON.stringify(randomUUID())]);
}
