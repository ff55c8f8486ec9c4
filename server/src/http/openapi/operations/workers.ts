import { poolSchema } from '../../pools.ts';
import { joinSchema } from '../../octo/join.ts';
import { joinTokenSchema } from '../../octo/join-tokens.ts';
import { workerSchema } from '../../worker-input.ts';
import { shapes } from '@octo/api';
import { ref, schema } from '../components.ts';
import { type Operations } from '../operation.ts';
import { NAMED, OF_WORKERS, PAGING } from '../parameters.ts';
import { arrayOf, NOTHING, pageOf } from '../schemas.ts';
import { ACCOUNT_USAGES, CONNECTION, DISCOVERED, JOIN_TOKEN, JOINED, NEW_JOIN_TOKEN, TOTALS } from '../shapes.ts';
import { answerOf, bodyOf } from '../zod.ts';
import { machinePolicySchema } from '@octo/api/documents';
import { TASK_PAGE } from './tasks.ts';

const { each, list, str, strMap } = shapes;
const worker = ref('Worker');
const workerBody = bodyOf(workerSchema);
const pool = ref('WorkerPool');
const poolBody = bodyOf(poolSchema);
const words = schema(list(str));
const tag = 'Workers';
const ofPools = 'Worker pools';
const workers = { answer: pageOf(worker), query: [...PAGING, ...OF_WORKERS] } as const;

/** Source: rest.md 2.3. */
export const WORKERS: Operations = {
  'GET /api/workers': { tag, summary: 'List workers', ...workers },
  'GET /api/workers/all': { tag, summary: 'All workers', answer: arrayOf(worker), query: OF_WORKERS },
  'GET /api/workers/:id': { tag, summary: 'One worker, by id or slug', answer: worker },
  'POST /api/workers': { tag, summary: 'Add a worker', body: workerBody, answer: worker, status: 201 },
  'PUT /api/workers/:id': { tag, summary: 'Change a worker', body: workerBody, answer: worker },
  'DELETE /api/workers/:id': { tag, summary: 'Delete a worker', answer: NOTHING },
  'GET /api/workers/discover': {
    tag,
    summary: 'Ask a machine who it is, before it is trusted',
    answer: schema(DISCOVERED),
    query: ['host', 'port', 'type', 'proxyId'],
    errors: [400],
  },
  'GET /api/workers/operatingsystem/names/all': { tag, summary: 'Operating systems of the workers', answer: words },
  'GET /api/workers/operatingsystem/shells/all': { tag, summary: 'Shells of the workers', answer: words },
  'GET /api/workers/:id/connection': { tag, summary: 'The last check of a worker', answer: schema(CONNECTION) },
  'GET /api/workers/:id/tasks': { tag, summary: 'Tasks that used a worker', answer: TASK_PAGE, query: PAGING },
  'GET /api/workertaskleases': {
    tag,
    summary: 'Which task holds which worker now',
    answer: pageOf(ref('WorkerTaskLease')),
    query: PAGING,
  },
  'GET /api/machineroles/all': { tag, summary: 'Roles of deployment targets; there are none', answer: words },
  'GET /api/machinepolicies/template': {
    tag,
    summary: 'A machine policy with its defaults',
    answer: templateSchema(),
  },
  'GET /api/machinepolicies/:id/workers': { tag, summary: 'Workers under a machine policy', ...workers },
  'GET /api/machinepolicies/:id/machines': {
    tag,
    summary: 'Deployment targets under a machine policy; there are none',
    answer: pageOf(worker),
    query: PAGING,
  },
  'GET /api/accounts/:id/usages': { tag, summary: 'What uses an account', answer: schema(ACCOUNT_USAGES) },
};

function templateSchema() {
  const { properties, ...policy } = answerOf(machinePolicySchema, {});
  const own = { Name: { type: 'null' }, SpaceId: { type: 'string' }, Links: schema(strMap) };
  return { ...policy, properties: { ...(properties as object), ...own } }; // an object's schema has them
}

/** Machines that become workers by themselves (I16). */
export const JOINING: Operations = {
  'GET /api/octo/join-tokens': { tag, summary: 'List join tokens', answer: arrayOf(schema(JOIN_TOKEN)) },
  'POST /api/octo/join-tokens': {
    tag,
    summary: 'Make a join token; the only answer that shows it',
    body: bodyOf(joinTokenSchema),
    answer: schema(NEW_JOIN_TOKEN),
    status: 201,
    errors: [409],
  },
  'DELETE /api/octo/join-tokens/:id': { tag, summary: 'Delete a join token', answer: NOTHING },
  'POST /api/octo/join': {
    tag,
    summary: 'Become a worker, with a join token',
    body: bodyOf(joinSchema),
    answer: schema(JOINED),
    errors: [401, 409],
  },
};

/** Source: rest.md 2.4. */
export const POOLS: Operations = {
  'GET /api/workerpools': {
    tag: ofPools,
    summary: 'List worker pools',
    answer: pageOf(pool),
    query: [...PAGING, ...NAMED],
  },
  'GET /api/workerpools/all': { tag: ofPools, summary: 'All worker pools', answer: arrayOf(pool), query: NAMED },
  'GET /api/workerpools/:id': { tag: ofPools, summary: 'One worker pool, by id or slug', answer: pool },
  'GET /api/workerpools/:id/workers': { tag: ofPools, summary: 'Workers of a pool', ...workers },
  'GET /api/workerpools/summary': {
    tag: ofPools,
    summary: 'Totals by health and style, over all and for each pool',
    answer: summarySchema(),
    query: [...OF_WORKERS, 'machinePartialName', 'hideEmptyWorkerPools'],
  },
  'GET /api/workerpools/supportedtypes': {
    tag: ofPools,
    summary: 'Types of pools that can be added',
    answer: schema({ SupportedPoolTypes: list(str), Links: strMap }),
  },
  'GET /api/workerpools/dynamicworkertypes': {
    tag: ofPools,
    summary: 'Types of workers that are made on demand; there are none',
    answer: schema({ Id: str, WorkerTypes: list(each(str, 'Id', 'Type')), Links: strMap }),
  },
  'PUT /api/workerpools/sortorder': {
    tag: ofPools,
    summary: 'Order the pools by their ids',
    body: words,
    answer: NOTHING,
  },
  'POST /api/workerpools': { tag: ofPools, summary: 'Add a worker pool', body: poolBody, answer: pool, status: 201 },
  'PUT /api/workerpools/:id': { tag: ofPools, summary: 'Change a worker pool', body: poolBody, answer: pool },
  'DELETE /api/workerpools/:id': { tag: ofPools, summary: 'Delete a worker pool', answer: NOTHING },
};

function summarySchema() {
  const totals = schema(TOTALS);
  const withMembers = (more: object) => ({
    ...totals,
    properties: { ...(totals['properties'] as object), ...more }, // an object's schema has them
    required: [...(totals['required'] as readonly string[]), ...Object.keys(more)], // and these
  });
  return withMembers({ WorkerPoolSummaries: arrayOf(withMembers({ WorkerPool: pool })), Links: schema(strMap) });
}
