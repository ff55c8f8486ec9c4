// npm run chaos [-- --seed N --rounds R --minutes M --point NAME --place PLACE --round K --verbose]: kill real servers and
// agents at named points, and check from outside that nothing was doubled, lost or told wrongly. Exit code 1 on a violation.
import { FAILPOINTS, type Failpoint } from '@octo/kernel';
import { parseArgs } from 'node:util';
import { type Place, PLACES } from '../e2e/src/chaos/machine.ts';
import { sweep } from '../e2e/src/chaos/sweep.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    rounds: { type: 'string', default: '42' },
    minutes: { type: 'string', default: '4' },
    point: { type: 'string' },
    place: { type: 'string' },
    round: { type: 'string' },
    'at-once': { type: 'string', default: '2' },
    verbose: { type: 'boolean', default: false },
  },
});
const { point, place, round } = values;
if (point !== undefined && !Object.hasOwn(FAILPOINTS, point)) {
  console.error(`there is no failpoint ${point}; choose of:`);
  for (const [name, sentence] of Object.entries(FAILPOINTS)) console.error(`  ${name.padEnd(20)} ${sentence}`);
  process.exit(2);
}

if (place !== undefined && !(PLACES as readonly string[]).includes(place)) {
  console.error(`there is no place ${place}; choose of: ${PLACES.join(', ')}`);
  process.exit(2);
}

const untilMs = Date.now() + Number(values.minutes) * 60_000;
let isInterrupted = false;
process.once('SIGINT', () => (isInterrupted = true)); // the servers hear it, too: the rounds under way end and clean up

console.log(`seed ${values.seed}`);
const tally = await sweep({
  seed: Number(values.seed),
  from: Number(round ?? 0),
  rounds: round === undefined ? Number(values.rounds) : 1,
  atOnce: Number(values['at-once']),
  point: point as Failpoint | undefined, // one of them, as seen above
  place: place as Place | undefined, // likewise
  isOver: () => isInterrupted || Date.now() > untilMs,
  tell(number, strikes, { violations, kills }) {
    if (values.verbose) console.log(`round ${number}: ${strikes}; hit: ${kills.join(', ') || 'none'}`);
    if (violations.length === 0 || isInterrupted) return;
    const only = `${point === undefined ? '' : ` --point ${point}`}${place === undefined ? '' : ` --place ${place}`}`;
    console.log(
      `round ${number} (${strikes}) broke a promise; again: npm run chaos -- --seed ${values.seed} --round ${number}${only}`,
    );
    for (const violation of violations) console.log(`  ${violation}`);
  },
});
const { doubled, lost, unknown, rounds, kills, violations } = tally;
console.log(`starts doubled: ${doubled}  lost lines: ${lost}  unknown: ${unknown}  rounds: ${rounds}  kills: ${kills}`);
process.exitCode = isInterrupted ? 130 : violations > 0 ? 1 : 0;
