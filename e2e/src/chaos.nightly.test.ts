import { expect, test } from 'vitest';
import { type Place, PLACES } from './chaos/machine.ts';
import { playRound } from './chaos/round.ts';
import { planChain, POINTS, strikeText } from './chaos/scenario.ts';

const SEED = 20;
const halves = [POINTS.filter((_, n) => n % 2 === 0), POINTS.filter((_, n) => n % 2 === 1)];
const chains = PLACES.flatMap((place) => halves.map((points, n) => [place, n + 1, points] as const));

test.concurrent.each<readonly [Place, number, typeof POINTS]>(chains)(
  'with %s workers, killed at every failpoint, half %i: what is promised holds from outside (R137, R143, R144, R225)',
  async (place, half, points) => {
    const scenario = planChain(SEED + half, points, place);
    const { violations, kills } = await playRound(scenario);
    expect(violations).toEqual([]);
    expect(kills).toEqual(scenario.strikes.map(strikeText));
  },
  300_000, // a machine that calls comes back 5 s after each server (halibut.md 8.4)
);
