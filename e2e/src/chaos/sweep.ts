import { playRound, type RoundResult } from './round.ts';
import { type Only, planRound, strikeText } from './scenario.ts';

export interface SweepOptions extends Only {
  readonly seed: number;
  /** The first round, so that one alone can be played again. */
  readonly from: number;
  readonly rounds: number;
  readonly atOnce: number;
  /** Asked before each round. */
  isOver(): boolean;
  /** Called at the end of each round. */
  tell(round: number, strikes: string, result: RoundResult): void;
}
export interface Tally {
  rounds: number;
  kills: number;
  doubled: number;
  lost: number;
  unknown: number;
  violations: number;
}

/** Play one round after the other, several at once, and count. */
export async function sweep(options: SweepOptions): Promise<Tally> {
  const tally: Tally = { rounds: 0, kills: 0, doubled: 0, lost: 0, unknown: 0, violations: 0 };
  let next = options.from;
  const lane = async () => {
    while (next < options.from + options.rounds && !options.isOver()) {
      const round = next++;
      const scenario = planRound(options.seed, round, options);
      const result = await playRound(scenario);
      count(tally, result);
      options.tell(round, `${scenario.place}: ${scenario.strikes.map(strikeText).join(', ')}`, result);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, lane));
  return tally;
}

function count(tally: Tally, { kills, doubled, lost, unknown, violations }: RoundResult): void {
  tally.rounds++;
  tally.kills += kills.length;
  tally.doubled += doubled;
  tally.lost += lost;
  tally.unknown += unknown;
  tally.violations += violations.length;
}
