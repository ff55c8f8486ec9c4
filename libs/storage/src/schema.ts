import { ConflictError } from '@octo/kernel';
import { type Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { type Database, run } from './database.ts';

type Migration = (trx: Knex.Transaction) => Promise<void>;

/** Forward only: a migration that has been released is never edited; what changes comes behind it. */
const MIGRATIONS: readonly Migration[] = [createTables];

/**
 * Bring the schema up to date in one transaction. The write lock that it begins with also guards against two processes
 * that open a fresh folder at once: the second finds everything done.
 */
export async function migrate(db: Database): Promise<void> {
  await db.alone(async (trx) => {
    if (!(await trx.schema.hasTable('schema_version')))
      await trx.schema.createTable('schema_version', (t) => void t.integer('version').notNullable());
    const version = Number((await run(trx, 'select max(version) as version from schema_version'))[0]?.['version'] ?? 0);
    if (version > MIGRATIONS.length)
      throw new ConflictError(
        'OCTO_STORAGE_NEWER',
        `the database has schema ${version}; this octo knows ${MIGRATIONS.length} at most`,
        { hint: 'use the octo that last opened this folder, or a newer one' },
      );
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index < version) continue;
      await migration(trx);
      await run(trx, 'insert into schema_version (version) values (?)', [index + 1]);
    }
  });
}

async function createTables(trx: Knex.Transaction): Promise<void> {
  await createPlaceTables(trx);
  await createTaskTable(trx);
  await createTaskRecords(trx);
  await createTaskYield(trx);
  await createWorkTables(trx);
  await seed(trx);
}

/** Where work may run, and who does it. */
async function createPlaceTables(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('setting', (t) => {
    t.text('name').primary();
    t.text('value').notNullable();
  });
  await trx.schema.createTable('space', (t) => {
    t.text('id').primary();
    t.text('name').notNullable();
    t.text('slug').notNullable();
    t.integer('is_default').notNullable();
  });
  await trx.schema.createTable('worker_pool', (t) => {
    t.increments('seq');
    t.text('space_id').notNullable().references('space.id');
    t.text('name').notNullable();
    t.text('name_key').notNullable();
    t.text('slug').notNullable();
    t.text('description').notNullable();
    t.integer('is_default').notNullable();
    t.integer('sort_order').notNullable();
    t.unique(['space_id', 'name_key']);
  });
  await trx.schema.createTable('worker', (t) => {
    t.increments('seq');
    t.text('space_id').notNullable().references('space.id');
    t.text('name').notNullable();
    t.text('name_key').notNullable();
    t.text('slug').notNullable();
    t.text('machine_policy_id').notNullable();
    t.integer('is_disabled').notNullable();
    t.text('health').notNullable();
    t.text('status_summary').notNullable();
    t.text('style').notNullable();
    t.text('endpoint').notNullable();
    t.unique(['space_id', 'name_key']);
  });
  await trx.schema.createTable('worker_pool_member', (t) => {
    t.integer('worker_seq').notNullable().references('worker.seq').onDelete('CASCADE');
    t.integer('pool_seq').notNullable().references('worker_pool.seq');
    t.primary(['worker_seq', 'pool_seq']);
  });
  await trx.schema.createTable('node', (t) => {
    t.text('id').primary();
    t.text('name').notNullable();
    t.text('kind').notNullable();
    t.integer('task_cap').notNullable();
    t.bigInteger('started_ms').notNullable();
    t.bigInteger('last_seen_ms').notNullable();
  });
}

/** Holds on workers, and keys. */
async function createWorkTables(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('lease', (t) => {
    t.increments('seq');
    t.text('worker_id').notNullable().index();
    t.text('task_id').notNullable();
    t.text('space_id').notNullable();
    t.text('node_id').notNullable().index();
    t.bigInteger('taken_ms').notNullable();
    t.bigInteger('until_ms').notNullable();
    t.integer('exclusive').notNullable();
  });
  await trx.schema.createTable('worker_use', (t) => {
    t.text('worker_id').primary();
    t.bigInteger('last_leased_ms').notNullable();
  });
  await trx.schema.createTable('api_key', (t) => {
    t.increments('seq');
    t.text('hash').notNullable().unique();
    t.text('hint').notNullable();
    t.text('purpose').notNullable();
    t.bigInteger('created_ms').notNullable();
  });
}

/** What every installation begins with. */
async function seed(trx: Knex.Transaction): Promise<void> {
  await run(trx, `insert into space (id, name, slug, is_default) values ('Spaces-1', 'Default', 'default', 1)`);
  await run(
    trx,
    `insert into worker_pool (space_id, name, name_key, slug, description, is_default, sort_order)
     values ('Spaces-1', 'Default Worker Pool', 'default worker pool', 'default-worker-pool', '', 1, 0)`,
  );
  await run(trx, `insert into setting (name, value) values ('installation.id', ?)`, [JSON.stringify(randomUUID())]);
}

async function createTaskTable(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('task', (t) => {
    t.increments('seq');
    t.text('space_id').notNullable();
    t.text('name').notNullable();
    t.text('description').notNullable();
    t.text('state').notNullable();
    t.text('only_node_id').notNullable(); // '' = any node: null would not compare in an index
    t.bigInteger('queued_ms').notNullable();
    t.bigInteger('expires_ms');
    t.bigInteger('started_ms');
    t.bigInteger('completed_ms');
    t.bigInteger('updated_ms').notNullable();
    t.text('error_code');
    t.text('error_message');
    t.integer('has_warnings').notNullable().defaultTo(0);
    t.text('claim_node');
    t.integer('claim_fence').notNullable().defaultTo(0);
    t.bigInteger('claim_until_ms');
    t.text('waiting');
    t.bigInteger('log_seq').notNullable().defaultTo(0);
    t.bigInteger('log_bytes').notNullable().defaultTo(0);
    t.index(['state', 'seq']);
    t.index(['claim_node']);
  });
}

/** What belongs to a task goes with it. */
function ofTask(t: Knex.CreateTableBuilder): Knex.ReferencingColumnBuilder {
  return t.integer('task_seq').notNullable().references('task.seq').onDelete('CASCADE');
}

/** How a task came along. */
async function createTaskRecords(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('task_request', (t) => {
    ofTask(t).primary();
    t.binary('sealed').notNullable();
  });
  await trx.schema.createTable('task_log', (t) => {
    ofTask(t);
    t.bigInteger('last_seq').notNullable();
    t.bigInteger('first_seq').notNullable();
    t.binary('data').notNullable();
    t.primary(['task_seq', 'last_seq']);
  });
  await trx.schema.createTable('activity', (t) => {
    ofTask(t);
    t.text('id').notNullable();
    t.integer('place').notNullable();
    t.text('name').notNullable();
    t.text('state').notNullable();
    t.bigInteger('started_ms');
    t.bigInteger('ended_ms');
    t.float('progress');
    t.text('progress_message');
    t.primary(['task_seq', 'id']);
  });
  await trx.schema.createTable('run', (t) => {
    ofTask(t);
    t.integer('action').notNullable();
    t.integer('attempt').notNullable();
    t.text('key').notNullable();
    t.integer('place').notNullable();
    t.text('state').notNullable();
    t.text('ticket').notNullable();
    t.text('cursor').notNullable();
    t.text('facts').notNullable(); // JSON: kind, digest, worker, style, handle, end, exit code
    t.binary('sealed').notNullable(); // endpoint, parser, result
    t.primary(['task_seq', 'action', 'attempt', 'key']);
  });
}

/** What a task leaves. */
async function createTaskYield(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('output', (t) => {
    ofTask(t);
    t.integer('action').notNullable();
    t.text('name_key').notNullable();
    t.text('action_name').notNullable();
    t.text('name').notNullable();
    t.integer('sensitive').notNullable();
    t.binary('sealed').notNullable();
    t.primary(['task_seq', 'action', 'name_key']);
  });
  await trx.schema.createTable('mask', (t) => {
    ofTask(t).index();
    t.binary('sealed').notNullable();
  });
  await trx.schema.createTable('artifact', (t) => {
    t.increments('seq');
    ofTask(t);
    t.integer('action').notNullable();
    t.text('name').notNullable();
    t.text('path').notNullable();
    t.bigInteger('size_bytes');
    t.text('sha256');
    t.unique(['task_seq', 'action', 'path', 'name']);
  });
}
