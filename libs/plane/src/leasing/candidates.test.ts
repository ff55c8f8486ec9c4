import { expect, test } from 'vitest';
import { type Stray } from '../model/stray.ts';
import { type WorkerPool } from '../model/worker.ts';
import { nobodyFits, sortOut } from './candidates.ts';

const serves = { serves: true, because: 'Default holds no worker' } as const;
const stray: Stray = { ticket: 't', cursor: '', workerId: 'BuiltIn-n', taskId: 'ServerTasks-1', sinceMs: 0, why: 'pid 7 may still run', isExclusive: true }; // prettier-ignore
const at = (it: Stray) => ({ nodeId: 'n', nowMs: 0, strays: new Map([[it.workerId, [it]]]) });

test('the built-in worker takes no work while an abandoned script may have it to itself, and the refusal says so (R159, R161)', () => {
  const { fit, excluded } = sortOut([], serves, at(stray), () => true);
  expect(fit).toEqual([]);
  const refusal = nobodyFits({ name: 'Default' } as WorkerPool, [], serves, excluded); // nothing else of it is asked
  expect(refusal).toMatchObject({ code: 'OCTO_WORKER_NONE_HEALTHY' });
  expect(refusal.message).toBe(
    'no worker of Default is fit: Built-in worker (may still run the script of ServerTasks-1, abandoned at 1970-01-01T00:00:00Z (pid 7 may still run), which has it to itself)',
  );
});

test.each([{ isExclusive: false }, { workerId: 'BuiltIn-other' }])('%j keeps nobody out', (more) => {
  expect(sortOut([], serves, at({ ...stray, ...more }), () => true).fit).toMatchObject([{ id: 'BuiltIn-n' }]);
});
