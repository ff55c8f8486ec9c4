import { expect, test } from 'vitest';
import { type WorkerPool } from '../model/worker.ts';
import { planTask } from './plan.ts';

const pool = (id: string, name: string, isDefault = false): WorkerPool => ({
  id,
  name,
  slug: name.toLowerCase().replaceAll(' ', '-'),
  spaceId: 'Spaces-1',
  description: '',
  isDefault,
  sortOrder: 0,
  details: {},
});
const pools = [pool('WorkerPools-1', 'Default Worker Pool', true), pool('WorkerPools-2', 'Linux Prod')];
const action = (name: string, more: object = {}) => ({ name, type: 'Octopus.Script', properties: {}, ...more });
const request = (actions: ReturnType<typeof action>[], more: object = {}) => ({
  name: 'AdHocScript',
  description: '',
  actions,
  variables: [],
  ...more,
});

test.each([
  ['the space default', {}, {}, 'WorkerPools-1', 'default of the space'],
  ['the pool of the task', {}, { pool: 'linux-prod' }, 'WorkerPools-2', 'named by the task'],
  ['its own pool', { pool: 'LINUX PROD' }, { pool: 'WorkerPools-1' }, 'WorkerPools-2', 'named by action "a"'],
])('an action runs in %s, and the plan says why (R48, R66)', (_, own, task, id, because) => {
  expect(planTask(request([action('a', own)], task), pools)).toMatchObject([
    { number: 1, pool: { id }, poolBecause: because },
  ]);
});

test.each([
  ['an unknown pool', [action('a', { pool: 'Windows' })], 'OCTO_POOL_NOT_FOUND'],
  ['an empty process', [], 'OCTO_PLAN_EMPTY'],
  ['two actions of one name', [action('a'), action('A')], 'OCTO_PLAN_NAME'],
])('%s is refused before anything runs', (_, actions, code) => {
  expect(() => planTask(request(actions), pools)).toThrow(expect.objectContaining({ code }));
});
