import { type Knex } from 'knex';
import { HELD } from './claims.ts';

/** Tasks and all that belongs to one. */
export function createTaskTables(schema: Knex.SchemaBuilder, knex: Knex): void {
  createTaskTable(schema, knex);
  createTaskRecords(schema);
  createTaskYield(schema);
}

function createTaskTable(schema: Knex.SchemaBuilder, knex: Knex): void {
  schema.createTable('task', (t) => {
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
    // apart, because the one above grows with every task that the node has ever ended
    t.index(['claim_node'], 'task_held', { predicate: knex.whereRaw(HELD) });
  });
  schema.createTable('task_tally', (t) => {
    t.text('space_id').notNullable();
    t.text('state').notNullable();
    t.bigInteger('total').notNullable();
    t.primary(['space_id', 'state']);
  });
}

/** What belongs to a task goes with it. */
function ofTask(t: Knex.CreateTableBuilder): Knex.ReferencingColumnBuilder {
  return t.integer('task_seq').notNullable().references('task.seq').onDelete('CASCADE');
}

/** How a task came along. */
function createTaskRecords(schema: Knex.SchemaBuilder): void {
  schema.createTable('task_request', (t) => {
    ofTask(t).primary();
    t.binary('sealed').notNullable();
  });
  schema.createTable('task_log', (t) => {
    ofTask(t);
    t.bigInteger('last_seq').notNullable();
    t.bigInteger('first_seq').notNullable();
    t.binary('data').notNullable();
    t.primary(['task_seq', 'last_seq']);
  });
  schema.createTable('activity', (t) => {
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
  schema.createTable('run', (t) => {
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
function createTaskYield(schema: Knex.SchemaBuilder): void {
  schema.createTable('output', (t) => {
    ofTask(t);
    t.integer('action').notNullable();
    t.text('name_key').notNullable();
    t.text('action_name').notNullable();
    t.text('name').notNullable();
    t.integer('sensitive').notNullable();
    t.binary('sealed').notNullable();
    t.primary(['task_seq', 'action', 'name_key']);
  });
  schema.createTable('mask', (t) => {
    t.increments('seq');
    ofTask(t).index();
    t.binary('sealed').notNullable();
  });
  schema.createTable('artifact', (t) => {
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
