import { type WorkerFilter } from '@octo/plane';
import { type Binding } from './database.ts';
import { POOL, seqOf, WORKER } from './ids.ts';

/** What a filter says, in SQL. Members of endpoint and details are looked for in their JSON, which this package writes. */
export function workerConditions(wanted: Omit<WorkerFilter, 'skip' | 'take'>): {
  readonly where: string;
  readonly bindings: readonly Binding[];
} {
  const parts = ['space_id = ?'];
  const bindings: Binding[] = [wanted.spaceId];
  const add = (sql: string, ...values: readonly Binding[]) => {
    parts.push(sql);
    bindings.push(...values);
  };
  const among = (column: string, values: readonly Binding[] | undefined) => {
    if (values) add(`${column} in (${marks(values)})`, ...values);
  };
  const member = (column: string, name: string, values: readonly string[] | undefined) => {
    if (!values) return;
    const patterns = values.map((value) => `%${escaped(`"${name}":${JSON.stringify(value)}`)}%`);
    const likes = patterns.map(() => `lower(${column}) like ? escape '!'`);
    // what no check has found is Unknown on the wire
    if (lower(values)?.includes('unknown')) likes.push(`lower(${column}) not like '%"${name.toLowerCase()}":%'`);
    add(`(${likes.join(' or ') || '1 = 0'})`, ...patterns);
  };
  among(
    'seq',
    wanted.ids?.map((id) => seqOf(WORKER, id)),
  );
  if (wanted.name !== undefined) add('name_key = ?', wanted.name.toLowerCase());
  if (wanted.partialName !== undefined) add(`name_key like ? escape '!'`, `%${escaped(wanted.partialName)}%`);
  among('lower(health)', lower(wanted.health));
  among('lower(style)', lower(wanted.styles));
  if (wanted.poolIds) {
    const seqs = wanted.poolIds.map((id) => seqOf(POOL, id));
    add(`seq in (select worker_seq from worker_pool_member where pool_seq in (${marks(seqs)}))`, ...seqs);
  }
  if (wanted.isDisabled !== undefined) add('is_disabled = ?', wanted.isDisabled ? 1 : 0);
  member('endpoint', 'Thumbprint', wanted.thumbprints);
  member('details', 'ShellName', wanted.shellNames);
  return { where: parts.join(' and '), bindings };
}

const lower = (words: readonly string[] | undefined) => words?.map((word) => word.toLowerCase());
const marks = (values: readonly unknown[]) => values.map(() => '?').join(', ') || 'null';

function escaped(text: string): string {
  return text.toLowerCase().replaceAll(/[!%_]/g, '!$&');
}
