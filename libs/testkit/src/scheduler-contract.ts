import { type Ask, type Candidate, type PoolScheduler } from '@octo/kernel';
import { describe, expect, test } from 'vitest';

const ask: Ask = { nowMs: 1_000, taskId: 'ServerTasks-1' };
const idle = (n: number): Candidate[] =>
  Array.from({ length: n }, (_, i) => ({
    workerId: `Workers-${i}`,
    name: `w${i}`,
    activeLeases: 0,
    hasPackage: false,
  }));

/** What every pool scheduler promises. Run it from each scheduler's own test file. */
export function schedulerContract(name: string, scheduler: PoolScheduler): void {
  describe(`${name} keeps the scheduler contract`, () => {
    test('without candidates it waits and says for what', () => {
      const choice = scheduler.choose(ask, []);
      expect('wait' in choice && choice.wait).toMatch(/\S/);
    });

    test('it takes one of the candidates and gives a reason (R66)', () => {
      const choice = scheduler.choose(ask, idle(3));
      expect('take' in choice && idle(3).some((c) => c.workerId === choice.take)).toBe(true);
      expect('take' in choice && choice.because).toMatch(/\S/);
    });

    test('the same question has the same answer, and the question is left as it was', () => {
      const candidates = Object.freeze(idle(4).map((c) => Object.freeze(c)));
      expect(scheduler.choose(Object.freeze({ ...ask }), candidates)).toEqual(scheduler.choose(ask, candidates));
    });

    test.each([
      [1, 5],
      [3, 3],
      [3, 10],
      [7, 50],
    ])('of %i equal workers none gets more than its share of %i tasks (R57)', (workers, tasks) => {
      let candidates = idle(workers);
      for (let n = 0; n < tasks; n++) {
        const choice = scheduler.choose({ ...ask, nowMs: n, taskId: `ServerTasks-${n}` }, candidates);
        if (!('take' in choice)) throw new Error(choice.wait);
        candidates = candidates.map((c) =>
          c.workerId === choice.take ? { ...c, activeLeases: c.activeLeases + 1, lastLeasedAtMs: n } : c,
        );
      }
      expect(Math.max(...candidates.map((c) => c.activeLeases))).toBeLessThanOrEqual(Math.ceil(tasks / workers));
    });
  });
}
