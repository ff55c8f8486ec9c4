import { expect, test } from 'vitest';
import { pick } from './pick.ts';

const pools = [
  { Id: 'WorkerPools-1', Name: 'Default Worker Pool', Slug: 'default-worker-pool' },
  { Id: 'WorkerPools-2', Name: 'linux-prod' },
];

test.each(['workerpools-1', 'DEFAULT worker pool', 'default-worker-pool'])('%s is found, whatever its case', (word) => {
  expect(pick(pools, word, 'worker pool').Id).toBe('WorkerPools-1');
});
test('an unknown name is answered with the nearest ones, else with what there is', () => {
  expect(() => pick(pools, 'linux-pord', 'worker pool')).toThrow(
    expect.objectContaining({ code: 'OCTO_CLI_UNKNOWN', hint: 'did you mean "linux-prod"?' }),
  );
  expect(() => pick(pools, 'Defautl', 'worker pool')).toThrow(
    expect.objectContaining({ hint: 'did you mean "Default Worker Pool"?' }),
  );
  expect(() => pick(pools, 'zzz', 'worker pool')).toThrow(
    expect.objectContaining({ hint: 'there are: Default Worker Pool, linux-prod' }),
  );
  expect(() => pick([], 'x', 'worker pool')).toThrow(
    expect.objectContaining({ hint: 'there is no worker pool at all' }),
  );
});
