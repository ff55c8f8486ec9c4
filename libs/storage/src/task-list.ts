import { type Page, type ServerTask, type TaskFilter, type TaskState } from '@octo/plane';
import { type Binding, type Database } from './database.ts';
import { seqOf, TASK } from './ids.ts';
import { toTask } from './task-rows.ts';

interface Condition {
  readonly where: string;
  readonly bindings: readonly Binding[];
}
type Wanted = Omit<TaskFilter, 'skip' | 'take'>;

/**
 * Newest first. Each state is read along its own index and the parts are merged, because a database that is asked for
 * two states at once either sorts all ended tasks or walks past them to the few living ones.
 */
export async function listTasks(db: Database, { skip, take, ...wanted }: TaskFilter): Promise<Page<ServerTask>> {
  const total = await countWanted(db, wanted);
  const parts = byState(wanted).map(conditions);
  const part = ({ where }: Condition) =>
    `select * from (select * from task ${where} order by seq desc limit ?) as part`;
  const rows = await db.read(
    `select * from (${parts.map(part).join(' union all ')}) as found order by seq desc limit ? offset ?`,
    [...parts.flatMap(({ bindings }) => [...bindings, skip + take]), take, skip],
  );
  return { items: rows.map(toTask), total };
}

/** Number of tasks by state, from the tally. */
export async function countTasks(db: Database): Promise<Readonly<Partial<Record<TaskState, number>>>> {
  const rows = await db.read('select state, sum(total) as total from task_tally group by state having sum(total) > 0');
  return Object.fromEntries(rows.map((row) => [row['state'], Number(row['total'])]));
}

/** By space and state the tally knows; anything else is counted. */
async function countWanted(db: Database, { spaceIds, states, ...others }: Wanted): Promise<number> {
  const isTallied = Object.values(others).every((value) => value === undefined);
  const { where, bindings } = conditions({
    ...(spaceIds && { spaceIds }),
    ...(states && { states }),
    ...others,
  });
  const [row] = await db.read(
    isTallied
      ? `select coalesce(sum(total), 0) as total from task_tally ${where}`
      : `select count(*) as total from task ${where}`,
    bindings,
  );
  return Number(row?.['total'] ?? 0);
}

function byState(wanted: Wanted): readonly Wanted[] {
  const states = [...new Set(wanted.states)];
  return states.length > 1 ? states.map((state) => ({ ...wanted, states: [state] })) : [wanted];
}

function conditions(wanted: Wanted): Condition {
  const parts: string[] = [];
  const bindings: Binding[] = [];
  const add = (sql: string, ...values: Binding[]) => {
    parts.push(sql);
    bindings.push(...values);
  };
  const oneOf = (column: string, values: readonly (string | number)[]) =>
    add(`${column} in (${values.map(() => '?').join(', ') || 'null'})`, ...values);
  const { ids, states, name, nodeId, spaceIds, workerId, queuedBefore, partialName, hasWarningsOrErrors } = wanted;
  if (ids) {
    const seqs = ids.map((id) => seqOf(TASK, id));
    oneOf('seq', seqs);
  }
  if (states) oneOf('state', states);
  if (name !== undefined) add('lower(name) = ?', name.toLowerCase());
  if (nodeId !== undefined) add('claim_node = ?', nodeId);
  if (spaceIds) oneOf('space_id', spaceIds);
  if (workerId !== undefined) add('seq in (select task_seq from task_worker where worker_id = ?)', workerId);
  if (queuedBefore !== undefined) add(`seq < ? and state = 'Queued'`, seqOf(TASK, queuedBefore));
  if (partialName !== undefined) add(`lower(description) like ? escape '!'`, `%${escaped(partialName)}%`);
  if (hasWarningsOrErrors !== undefined) add('has_warnings = ?', hasWarningsOrErrors ? 1 : 0);
  return { where: parts.length === 0 ? '' : `where ${parts.join(' and ')}`, bindings };
}

function escaped(text: string): string {
  return text.toLowerCase().replaceAll(/[!%_]/g, '!$&');
}
