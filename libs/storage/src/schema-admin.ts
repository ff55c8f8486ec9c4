import { DEFAULT_POLICY } from '@octo/plane';
import { type Knex } from 'knex';
import { type Migration } from './schema.ts';
import { run, type Transaction } from './database.ts';
import { slugOf } from './ids.ts';

/** Kept documents, the audit, who owns a key, and what spaces, pools and workers got beside it. */
export const SCHEMA_2: Migration = {
  draw(schema) {
    createDocumentTables(schema);
    createEventTables(schema);
    createTaskWorkerTable(schema);
    schema.alterTable('api_key', (t) => {
      t.text('user_id').notNullable().defaultTo('Users-1');
      t.bigInteger('expires_ms');
    });
    schema.alterTable('space', (t) => {
      t.text('details').notNullable().defaultTo('{}'); // JSON: description, managers
      t.integer('is_queue_stopped').notNullable().defaultTo(0);
    });
    schema.alterTable('worker_pool', (t) => {
      t.text('details').notNullable().defaultTo('{}');
    });
    schema.alterTable('task', (t) => {
      t.index(['name', 'seq']); // to find the newest of each type
    });
    schema.alterTable('worker', (t) => {
      t.text('details').notNullable().defaultTo('{}');
    });
  },
  fill: seed,
};

function createDocumentTables(schema: Knex.SchemaBuilder): void {
  schema.createTable('document', (t) => {
    t.text('kind').notNullable();
    t.text('id_key').notNullable(); // lower case
    t.text('id').notNullable();
    t.text('space_id').notNullable(); // '' = of the installation: null would not be unique in an index
    t.text('name').notNullable();
    t.text('name_key').notNullable();
    t.text('slug').notNullable();
    t.integer('version').notNullable();
    t.text('members').notNullable();
    t.text('secret_names').notNullable();
    t.binary('sealed').notNullable();
    t.bigInteger('modified_ms').notNullable();
    t.text('modified_by').notNullable();
    t.primary(['kind', 'id_key']);
    t.unique(['kind', 'space_id', 'name_key']);
  });
  schema.createTable('counter', (t) => {
    t.text('name').primary();
    t.integer('last').notNullable();
  });
}

function createEventTables(schema: Knex.SchemaBuilder): void {
  schema.createTable('event', (t) => {
    t.increments('seq');
    t.text('space_id').notNullable(); // '' = of the installation
    t.text('category').notNullable();
    t.text('user_id').notNullable();
    t.text('document_type').notNullable();
    t.bigInteger('occurred_ms').notNullable().index();
    t.text('facts').notNullable(); // JSON: the rest
  });
  schema.createTable('event_document', (t) => {
    t.integer('event_seq').notNullable().references('event.seq').onDelete('CASCADE');
    t.text('id_key').notNullable();
    t.primary(['id_key', 'event_seq']);
    t.index(['event_seq']);
  });
}

/** Which tasks a worker has had; no foreign key, for the built-in worker's tasks are among them. */
function createTaskWorkerTable(schema: Knex.SchemaBuilder): void {
  schema.createTable('task_worker', (t) => {
    t.text('worker_id').notNullable();
    t.integer('task_seq').notNullable().index();
    t.primary(['worker_id', 'task_seq']);
  });
}

/** What every installation has from the start (R45, R108, R231): the first administrator, teams, the default policy. */
async function seed(trx: Transaction): Promise<void> {
  const none = Buffer.alloc(0);
  const put = (kind: string, id: string, space: string, name: string, members: unknown) =>
    run(
      trx,
      `insert into document (kind, id_key, id, space_id, name, name_key, slug, version, members, secret_names, sealed,
         modified_ms, modified_by) values (?, ?, ?, ?, ?, ?, ?, 1, ?, '[]', ?, 0, 'system')`,
      [kind, id.toLowerCase(), id, space, name, name.toLowerCase(), slugOf(name), JSON.stringify(members), none],
    );
  await put('users', 'Users-1', '', 'admin', { DisplayName: 'Administrator', IsActive: true, IsService: false });
  await put('teams', 'teams-everyone', '', 'Everyone', { MemberUserIds: [] });
  await put('teams', 'teams-administrators', '', 'Octopus Administrators', { MemberUserIds: ['Users-1'] });
  await put('teams', 'teams-managers', '', 'Octopus Managers', { MemberUserIds: [] });
  await put('teams', 'teams-spacemanagers-Spaces-1', '', 'Space Managers of Default', { MemberUserIds: [] });
  const role = (id: string, space: string, team: string, userRole: string) =>
    put('scopeduserroles', id, space, id, { TeamId: team, UserRoleId: userRole });
  await role('ScopedUserRoles-1', '', 'teams-administrators', 'userroles-systemadministrator');
  await role('ScopedUserRoles-2', '', 'teams-managers', 'userroles-systemmanager');
  await role('ScopedUserRoles-3', 'Spaces-1', 'teams-spacemanagers-Spaces-1', 'userroles-spacemanager');
  await put('machinepolicies', 'MachinePolicies-1', 'Spaces-1', 'Default Machine Policy', DEFAULT_POLICY);
  for (const [name, last] of [
    ['users', 1],
    ['scopeduserroles', 3],
    ['machinepolicies', 1],
    ['spaces', 1],
  ] as const)
    await run(trx, 'insert into counter (name, last) values (?, ?)', [name, last]);
  await run(
    trx,
    `update space set details = '{"managerTeamIds":["teams-spacemanagers-Spaces-1"]}' where id = 'Spaces-1'`,
  );
  await run(trx, `update worker set machine_policy_id = 'MachinePolicies-1' where machine_policy_id = ''`);
}
