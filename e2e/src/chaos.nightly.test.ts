import { expect, test } from 'vitest';
import { playRound } from './chaos/round.ts';
import { planChain, POINTS, strikeText } from './chaos/scenario.ts';

const SEED = 20;
const halves = [POINTS.filter((_, n) => n % 2 === 0), POINTS.filter((_, n) => n % 2 === 1)];

test.concurrent.each(halves.map((points, n) => [n + 1, points] as const))(
  'killed at every failpoint, half %i: what every server promises holds from outside (R143, R144, R225)',
  async (half, points) => {
    const scenario = planChain(SEED + half, points);
    const { violations, kills } = await playRound(scenario);
    expect(violations).toEqual([]);
    expect(kills).toEqual(scenario.strikes.map(strikeText));
  },
);
