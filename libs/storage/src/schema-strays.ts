import { type Migration } from './schema.ts';

/** Scripts that were given up and may still run. `worker_id` also names built-in workers, which have no row. */
export const SCHEMA_4: Migration = {
  draw(schema) {
    schema.createTable('stray', (t) => {
      t.text('ticket').primary();
      t.text('handle');
      t.text('cursor').notNullable();
      t.text('worker_id').notNullable().index();
      t.text('task_id').notNullable();
      t.bigInteger('since_ms').notNullable();
      t.text('why').notNullable();
      t.integer('exclusive').notNullable();
    });
  },
  async fill() {},
};
