import { type Migration } from './schema.ts';

/** Workers that call us: by which address they are found, where they are connected, when they were seen. */
export const SCHEMA_3: Migration = {
  draw(schema) {
    schema.alterTable('worker', (t) => {
      t.text('address').notNullable().defaultTo(''); // made by its transport; a server's start fills in what is missing
      t.bigInteger('seen_ms');
      t.index(['address']);
    });
    schema.createTable('worker_connection', (t) => {
      t.integer('worker_seq').notNullable().references('worker.seq').onDelete('CASCADE');
      t.text('node_id').notNullable().index();
      t.bigInteger('since_ms').notNullable();
      t.primary(['worker_seq', 'node_id']);
    });
  },
  async fill() {},
};
