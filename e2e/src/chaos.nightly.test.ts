import { type Failpoint } from '@octo/kernel';
import { SSHD } from '@octo/testkit/ssh';
import { expect, test } from 'vitest';
import { type Place, PLACES } from './chaos/machine.ts';
import { playRound } from './chaos/round.ts';
import { planChain, pointsOf, strikeText } from './chaos/scenario.ts';

const SEED = 20;
const chains = PLACES.filter((place) => place !== 'ssh' || SSHD !== undefined).flatMap((place) =>
  [0, 1].map((half) => [place, half + 1, pointsOf(place).filter((_, n) => n % 2 === half)] as const),
);

test.concurrent.each<readonly [Place, number, readonly Failpoint[]]>(chains)(
  'with %s workers, killed at every failpoint, half %i: what is promised holds from outside (R137, R143, R144, R225)',
  async (place, half, points) => {
    const scenario = planChain(SEED + half, points, place);
    const { violations, kills } = await playRound(scenario);
    expect(violations).toEqual([]);
    expect(kills).toEqual(scenario.strikes.map(strikeText));
  },
  300_000, // a machine that calls comes back 5 s after each server (halibut.md 8.4)
);
