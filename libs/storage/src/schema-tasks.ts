import { HELD } from './claims.ts';
import { run, type Transaction } from './database.ts';
import { type Words } from './schema.ts';
import { TALLY_TRIGGERS } from './sqlite.ts';

/** Tasks and all that belongs to one. */
export async function createTaskTables(trx: Transaction, words: Words): Promise<void> {
  for (const statement of [...taskTables(words), ...TALLY_TRIGGERS, ...records(words), ...yields(words)])
    await run(trx, statement);
}

const taskTables = ({ serial }: Words): readonly string[] => [
  // only_node_id: '' = any node, because null would not compare in an index
  `create table task (
     seq ${serial},
     space_id text not null,
     name text not null,
     description text not null,
     state text not null,
     only_node_id text not null,
     queued_ms bigint not null,
     expires_ms bigint,
     started_ms bigint,
     completed_ms bigint,
     updated_ms bigint not null,
     error_code text,
     error_message text,
     has_warnings integer not null default 0,
     claim_node text,
     claim_fence integer not null default 0,
     claim_until_ms bigint,
     waiting text,
     log_seq bigint not null default 0,
     log_bytes bigint not null default 0
   )`,
  'create index task_state_seq_index on task (state, seq)',
  'create index task_claim_node_index on task (claim_node)',
  // apart, because the one above grows with every task that the node has ever ended
  `create index task_held on task (claim_node) where ${HELD}`,
  `create table task_tally (
     space_id text not null,
     state text not null,
     total bigint not null,
     primary key (space_id, state)
   )`,
];

/** What belongs to a task goes with it. */
const OF_TASK = 'task_seq integer not null references task (seq) on delete cascade';

/** How a task came along. */
const records = ({ bytes }: Words): readonly string[] => [
  `create table task_request (${OF_TASK}, sealed ${bytes} not null, primary key (task_seq))`,
  `create table task_log (
     ${OF_TASK},
     last_seq bigint not null,
     first_seq bigint not null,
     data ${bytes} not null,
     primary key (task_seq, last_seq)
   )`,
  `create table activity (
     ${OF_TASK},
     id text not null,
     place integer not null,
     name text not null,
     state text not null,
     started_ms bigint,
     ended_ms bigint,
     progress float,
     progress_message text,
     primary key (task_seq, id)
   )`,
  // facts: JSON of kind, digest, worker, style, handle, end, exit code; sealed: endpoint, parser, result
  `create table run (
     ${OF_TASK},
     action integer not null,
     attempt integer not null,
     key text not null,
     place integer not null,
     state text not null,
     ticket text not null,
     cursor text not null,
     facts text not null,
     sealed ${bytes} not null,
     primary key (task_seq, action, attempt, key)
   )`,
];

/** What a task leaves. */
const yields = ({ serial, bytes }: Words): readonly string[] => [
  `create table output (
     ${OF_TASK},
     action integer not null,
     name_key text not null,
     action_name text not null,
     name text not null,
     sensitive integer not null,
     sealed ${bytes} not null,
     primary key (task_seq, action, name_key)
   )`,
  `create table mask (seq ${serial}, ${OF_TASK}, sealed ${bytes} not null)`,
  'create index mask_task_seq_index on mask (task_seq)',
  `create table artifact (
     seq ${serial},
     ${OF_TASK},
     action integer not null,
     name text not null,
     path text not null,
     size_bytes bigint,
     sha256 text
   )`,
  'create unique index artifact_task_seq_action_path_name_unique on artifact (task_seq, action, path, name)',
];
