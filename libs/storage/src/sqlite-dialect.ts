import { type Dialect } from './connection.ts';

/** A transaction has the write lock from its beginning: no row has to be kept, and no migration to be guarded. */
export const SQLITE: Dialect = {
  client: 'better-sqlite3',
  forUpdate: '',
  skipLocked: '',
  migrationGuard: [],
  tally: [
    `create trigger task_tally_added after insert on task begin
     insert into task_tally (space_id, state, total) values (new.space_id, new.state, 1)
     on conflict (space_id, state) do update set total = total + 1;
   end`,
    `create trigger task_tally_removed after delete on task begin
     update task_tally set total = total - 1 where space_id = old.space_id and state = old.state;
   end`,
    `create trigger task_tally_moved after update of state on task when old.state <> new.state begin
     update task_tally set total = total - 1 where space_id = old.space_id and state = old.state;
     insert into task_tally (space_id, state, total) values (new.space_id, new.state, 1)
     on conflict (space_id, state) do update set total = total + 1;
   end`,
  ],
  shape: (sql) => sql,
};
