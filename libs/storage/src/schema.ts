import { type Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { run, type Transaction } from './database.ts';
import { createTaskTables } from './schema-tasks.ts';

/** A step of the schema: tables as knex draws them for each database, then what no builder can say. */
export interface Migration {
  draw(schema: Knex.SchemaBuilder, knex: Knex): void;
  fill(trx: Transaction): Promise<void>;
}

export const SCHEMA_1: Migration = {
  draw(schema, knex) {
    createPlaceTables(schema);
    createTaskTables(schema, knex);
    createWorkTables(schema);
  },
  async fill(trx) {
    for (const statement of trx.dialect.tally) await run(trx, statement);
    await seed(trx);
  },
};

/** Where work may run, and who does it. */
function createPlaceTables(schema: Knex.SchemaBuilder): void {
  schema.createTable('setting', (t) => {
    t.text('name').primary();
    t.text('value').notNullable();
  });
  schema.createTable('space', (t) => {
    t.text('id').primary();
    t.text('name').notNullable();
    t.text('slug').notNullable();
    t.integer('is_default').notNullable();
  });
  schema.createTable('worker_pool', (t) => {
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
  schema.createTable('worker', (t) => {
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
  schema.createTable('worker_pool_member', (t) => {
    t.integer('worker_seq').notNullable().references('worker.seq').onDelete('CASCADE');
    t.integer('pool_seq').notNullable().references('worker_pool.seq');
    t.primary(['worker_seq', 'pool_seq']);
  });
  schema.createTable('node', (t) => {
    t.text('id').primary();
    t.text('name').notNullable();
    t.text('kind').notNullable();
    t.integer('task_cap').notNullable();
    t.bigInteger('started_ms').notNullable();
    t.bigInteger('last_seen_ms').notNullable();
  });
}

/** Holds on workers, and keys. */
function createWorkTables(schema: Knex.SchemaBuilder): void {
  schema.createTable('lease', (t) => {
    t.increments('seq');
    t.text('worker_id').notNullable().index();
    t.text('task_id').notNullable();
    t.text('space_id').notNullable();
    t.text('node_id').notNullable().index();
    t.bigInteger('taken_ms').notNullable();
    t.bigInteger('until_ms').notNullable();
    t.integer('exclusive').notNullable();
  });
  schema.createTable('worker_use', (t) => {
    t.text('worker_id').primary();
    t.bigInteger('last_leased_ms').notNullable();
  });
  schema.createTable('api_key', (t) => {
    t.increments('seq');
    t.text('hash').notNullable().unique();
    t.text('hint').notNullable();
    t.text('purpose').notNullable();
    t.bigInteger('created_ms').notNullable();
  });
}

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
