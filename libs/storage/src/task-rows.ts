import { type ServerTask, type TaskState, type Waiting } from '@octo/plane';
import { type Row } from './database.ts';
import { idOf, TASK } from './ids.ts';

const number = (value: unknown): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A row of `task` as the plane knows it. */
export function toTask(row: Row): ServerTask {
  const claimNode = text(row['claim_node']);
  const optional = {
    startedAtMs: number(row['started_ms']),
    completedAtMs: number(row['completed_ms']),
    expiresAtMs: number(row['expires_ms']),
    errorCode: text(row['error_code']),
    errorMessage: text(row['error_message']),
    onlyNodeId: text(row['only_node_id']) || undefined,
    waiting: typeof row['waiting'] === 'string' ? (JSON.parse(row['waiting']) as Waiting) : undefined,
    claim:
      claimNode === undefined
        ? undefined
        : { nodeId: claimNode, fence: Number(row['claim_fence']), untilMs: Number(row['claim_until_ms']) },
  };
  return {
    id: idOf(TASK, row['seq']),
    spaceId: String(row['space_id']),
    name: String(row['name']),
    description: String(row['description']),
    state: row['state'] as TaskState, // written by this package alone
    queuedAtMs: Number(row['queued_ms']),
    updatedAtMs: Number(row['updated_ms']),
    hasWarningsOrErrors: Number(row['has_warnings']) === 1,
    ...present(optional),
  };
}

/** Leaves out what is undefined: optional members are absent, not undefined. */
export function present<T extends object>(it: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(it).filter(([, value]) => value !== undefined)) as never;
}
