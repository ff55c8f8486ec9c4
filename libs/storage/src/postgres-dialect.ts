import { type Binding, type Dialect } from './connection.ts';

/** Any number will do, as long as it is always the same one. */
const MIGRATION_LOCK = 736_276_001;

/**
 * Every connection counts in rows of its own (`shard`), and what reads adds them up. With one row for a state all nodes
 * would wait for each other at it until they commit, and those that move tasks to and fro for each other forever.
 */
const TALLY_FUNCTION = `create function task_tally_add(of_space text, of_state text, more bigint) returns void as $$
  insert into task_tally (space_id, state, shard, total) values (of_space, of_state, pg_backend_pid() % 64, more)
  on conflict (space_id, state, shard) do update set total = task_tally.total + excluded.total
$$ language sql`;

const TALLY_TRIGGER = `create function task_tally_follow() returns trigger as $$
begin
  if tg_op <> 'INSERT' then perform task_tally_add(old.space_id, old.state, -1); end if;
  if tg_op <> 'DELETE' then perform task_tally_add(new.space_id, new.state, 1); end if;
  return null;
end $$ language plpgsql`;

export const POSTGRES: Dialect = {
  client: 'pg',
  forUpdate: 'for no key update', // a plain one would also keep waiting who only refers to the row
  skipLocked: 'for no key update skip locked',
  migrationGuard: [
    `set local statement_timeout = '10min'`, // for the wait, and for a migration that has much to do
    `set local lock_timeout = '10min'`,
    `select pg_advisory_xact_lock(${MIGRATION_LOCK})`,
  ],
  tally: [
    `alter table task_tally add column shard integer not null default 0`,
    `alter table task_tally drop constraint task_tally_pkey, add primary key (space_id, state, shard)`,
    TALLY_FUNCTION,
    TALLY_TRIGGER,
    `create trigger task_tally_counted after insert or delete on task
       for each row execute function task_tally_follow()`,
    `create trigger task_tally_moved after update of state on task
       for each row when (old.state <> new.state) execute function task_tally_follow()`,
  ],
  shape: asInSqlite,
};

const TYPES: Readonly<Record<string, string>> = {
  serial: 'bigserial',
  integer: 'bigint',
  text: 'text collate "C"',
};
const TOKEN = /'(?:[^']|'')*'|"[^"]*"|\b(?:serial|integer|text)\b/g;

/** The same range and the same order as in SQLite: integers of 64 bits, texts compared by their bytes. */
function asInSqlite(sql: string): string {
  return sql.replaceAll(TOKEN, (token) => TYPES[token] ?? token);
}

const PLACEHOLDER = /'(?:[^']|'')*'|"[^"]*"|\?/g;
/** Statements are few and come again and again. */
const KEPT = 1_000;
const known = new Map<string, string>();

/** `?` becomes `$1`, `$2` and so on; what stands in quotes is left alone. */
export function numbered(sql: string): string {
  const found = known.get(sql);
  if (found !== undefined) return found;
  let count = 0;
  const text = sql.replaceAll(PLACEHOLDER, (token) => (token === '?' ? `$${++count}` : token));
  if (known.size >= KEPT) known.clear();
  known.set(sql, text);
  return text;
}

/** No text of PostgreSQL holds the character 0, which scripts do write at times: rather a sign in its place than a failure. */
export function bearable(bindings: readonly Binding[]): Binding[] {
  return bindings.map((value) =>
    typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value,
  );
}
