import { TASK_STATES, type JsonSchema } from '@octo/api';

const text = { type: 'string' };
const flag = { type: 'boolean' };
const count = { type: 'integer', minimum: 0, maximum: 2 ** 31 - 1 };
const words = { type: 'array', items: text };

const query = (schema: JsonSchema, description: string) =>
  ({ in: 'query', schema, description, ...(schema['type'] === 'array' && { style: 'form', explode: false }) }) as const;

/** Names of parameters count in any case; a list is `A,B`, or the parameter several times (rest.md 1.7). */
export const PARAMETERS = {
  skip: query({ ...count, default: 0 }, 'Leave out so many items.'),
  take: query({ ...count, default: 30 }, 'So many items at most; more than 1000 are cut to 1000.'),
  ids: query(words, 'Only those with one of these ids.'),
  name: query(text, 'Only the one with this whole name.'),
  partialName: query(text, 'Only those whose name contains this.'),
  filter: query(text, 'Only users whose name contains this.'),
  isDisabled: query(flag, 'Only workers that are disabled, or that are not.'),
  healthStatuses: query(words, 'Only workers of one of these healths.'),
  commStyles: query(words, 'Only workers of one of these communication styles.'),
  workerPoolIds: query(words, 'Only workers in one of these pools.'),
  thumbprint: query(text, 'Only workers with this thumbprint.'),
  shellNames: query(words, 'Only workers with one of these shells.'),
  machinePartialName: query(text, 'Count only workers whose name contains this.'),
  hideEmptyWorkerPools: query(flag, 'Leave out pools without workers.'),
  accountType: query(words, 'Only accounts of one of these types.'),
  spaces: query(words, 'Only of these spaces; `all`: of all that the asker may see.'),
  states: query({ type: 'array', items: { type: 'string', enum: TASK_STATES } }, 'Only tasks in one of these states.'),
  running: query(flag, 'Only tasks that are at work.'),
  active: query(flag, 'Only tasks that are not over.'),
  node: query(text, 'Only tasks of this node.'),
  hasWarningsOrErrors: query(flag, 'Only tasks with warnings or errors, or without.'),
  hasPendingInterruptions: query(flag, 'Only tasks that wait for a person; no task does.'),
  verbose: query(flag, 'False: without verbose lines.'),
  tail: query({ ...count, default: 1000 }, 'So many last lines of each activity; 5000 at most.'),
  after: query({ ...count, default: 0 }, 'Lines behind this number; `Next` of the page before.'),
  waitMs: query({ ...count, default: 0 }, 'Wait so long for news where there is none; 30000 at most.'),
  eventCategories: query(words, 'Only events of these categories.'),
  eventGroups: query(words, 'Only events of these groups; without `eventCategories`.'),
  documentTypes: query(words, 'Only events about documents of these types.'),
  regarding: query(words, 'Only events about these documents.'),
  regardingAny: query(words, 'The same as `regarding`.'),
  users: query(words, 'Only events by these users.'),
  from: query({ type: 'string', format: 'date-time' }, 'Only events since then.'),
  to: query({ type: 'string', format: 'date-time' }, 'Only events until then.'),
  fromAutoId: query(count, 'Only events from this number on.'),
  toAutoId: query(count, 'Only events up to this number.'),
  asCsv: query(flag, 'True: as CSV.'),
  host: query(text, 'Name or address of the machine.'),
  port: query(count, 'Default: where machines of the style listen.'),
  type: query(text, 'Communication style; default `TentaclePassive`.'),
  proxyId: query(text, 'Proxy that leads there.'),
  Name: query(text, 'The toggle that is asked for.'),
  'If-Match': {
    in: 'header',
    schema: text,
    description: 'The ETag that was read. The change is refused (412) when the document was changed meanwhile.',
  },
} as const;
export type ParameterName = keyof typeof PARAMETERS;

export const PAGING = ['skip', 'take'] as const;
export const NAMED = ['ids', 'name', 'partialName'] as const;
export const OF_WORKERS = [
  ...NAMED,
  'isDisabled',
  'healthStatuses',
  'commStyles',
  'workerPoolIds',
  'thumbprint',
  'shellNames',
] as const;

/** As `components/parameters` has them. */
export function parameterComponents(): JsonSchema {
  return Object.fromEntries([
    ['spaceId', { ...inPath('spaceId'), schema: { type: 'string', pattern: '^[Ss]paces-[0-9]+$' } }],
    ...Object.entries(PARAMETERS).map(([name, it]) => [name, { name, ...it }]),
  ]) as JsonSchema; // entries of names
}
export function parameterRef(name: string): JsonSchema {
  return { $ref: `#/components/parameters/${name}` };
}
export function inPath(name: string): JsonSchema {
  return { name, in: 'path', required: true, schema: { type: 'string' } };
}
