import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { spell } from '../explain/explanation.ts';
import { LIMITS } from '../limits.ts';
import { WAITS } from './waits.ts';

const [, seen = ''] = readFileSync(new URL('../../../../docs/waits.md', import.meta.url), 'utf8').split(/^## .*$/m);
const rows = seen
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, row = '', limit = '', whenOver = '']) => ({ row, limit, whenOver }));

test('every wait in which a task can be seen has its limit and its end, and the docs list each (R252)', () => {
  const own = Object.values(WAITS).map(({ row, limit, whenOver }) => ({
    row,
    limit: limit === 'launch' ? 'none, unless the launch sets one' : spell(LIMITS[limit]),
    whenOver,
  }));
  expect(rows).toEqual(own);
});
