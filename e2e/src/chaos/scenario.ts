import { FAILPOINTS, type Failpoint } from '@octo/kernel';
import { type Place, PLACES } from './machine.ts';
import { Random } from './random.ts';

export interface ScriptPlan {
  readonly kind: 'script';
  /** `line 1` … `line n`; every fifth is followed by one on stderr. */
  readonly lines: number;
  readonly stepMs: number;
  readonly setsOutput: boolean;
  readonly leavesArtifact: boolean;
  /** Not 0: the task is to fail here. */
  readonly exitCode: number;
}
/** A step with an effect outside the worker, which may happen once. */
export interface OncePlan {
  readonly kind: 'once';
}
export type ActionPlan = ScriptPlan | OncePlan;

export interface TaskPlan {
  readonly name: string;
  /** Enqueued at the server of this number, or at the first later one that lives long enough. */
  readonly server: number;
  readonly actions: readonly ActionPlan[];
  /** Cancel once this line of this action (from 1) is seen; line 0: right behind the enqueue. */
  readonly cancelAt?: { readonly action: number; readonly line: number };
}
export interface Strike {
  readonly point: Failpoint;
  readonly pass: number;
}
/** Server 0 dies by the first strike, server 1 by the second …; the last one lives. Some strikes are of the machine. */
export interface Scenario {
  readonly place: Place;
  readonly strikes: readonly Strike[];
  readonly tasks: readonly TaskPlan[];
}

export const POINTS = Object.keys(FAILPOINTS) as Failpoint[];

/** Where there is no agent nobody passes its points. */
export function pointsOf(place: Place): readonly Failpoint[] {
  return place === 'ssh' ? POINTS.filter((point) => !point.startsWith('agent-')) : POINTS;
}

/** True where it is the agent that passes the point, in a process of its own. */
export function isOfMachine({ point }: Strike, place: Place): boolean {
  return place !== 'built-in' && point.startsWith('agent-');
}

export interface Only {
  readonly point?: Failpoint | undefined;
  readonly place?: Place | undefined;
}

/** One round of a sweep: as many rounds as there are points strike each of them first, in an order of the seed. */
export function planRound(seed: number, round: number, only: Only = {}): Scenario {
  const random = new Random(seed, round);
  const place = only.place ?? (PLACES[new Random(seed, round, 1).int(0, PLACES.length - 1)] as Place); // in range
  const points = pointsOf(place);
  const point = only.point ?? (new Random(seed).shuffled(points)[round % points.length] as Failpoint); // never empty
  const task = planTask(random, point, { name: 'a', server: 0 });
  const tasks = random.chance(0.25) ? [task, planTask(random, undefined, { name: 'b', server: 0 })] : [task];
  const first = { point, pass: random.int(1, passes(point, task)) };
  if (!random.chance(0.4)) return { place, strikes: [first], tasks };
  const again = points[random.int(0, points.length - 1)] as Failpoint; // in range
  return { place, strikes: [first, { point: again, pass: random.int(1, passes(again, task)) }], tasks };
}

/** One folder, one server after the other, each with a task of its own beside those that the dead ones left. */
export function planChain(seed: number, points: readonly Failpoint[], place: Place): Scenario {
  const random = new Random(seed);
  return {
    place,
    strikes: points.map((point) => ({ point, pass: 1 })),
    tasks: points.map((point, server) => planTask(random, point, { name: `t${server}`, server })),
  };
}

/** A small process that passes `point`, if one is given. */
function planTask(random: Random, point: Failpoint | undefined, at: Pick<TaskPlan, 'name' | 'server'>): TaskPlan {
  const needsCancel = point === 'cancel-requested' || point === 'cancel-sent';
  const needsOnce = point === 'once-prepared' || point === 'once-acted';
  const count = random.int(1, 3);
  const special = random.int(0, count - 1);
  const needsEnd = needsOnce || point === 'artifact-stored' || point === 'first-page-stored';
  const isCancelled = needsCancel || (!needsEnd && random.chance(0.15));
  const actions = Array.from({ length: count }, (_, n): ActionPlan => {
    if (n === special && needsOnce) return { kind: 'once' };
    if (n !== special && random.chance(0.1)) return { kind: 'once' };
    const isLong = n === special && (isCancelled || point === 'page-stored');
    return {
      kind: 'script',
      lines: isLong ? random.int(30, 40) : random.int(1, 25),
      stepMs: isLong ? (isCancelled ? 100 : 30) : random.int(0, 2) * 10,
      setsOutput: random.chance(0.5),
      leavesArtifact: (n === special && point === 'artifact-stored') || random.chance(0.3),
      exitCode: n === count - 1 && !needsCancel && random.chance(0.15) ? 3 : 0,
    };
  });
  if (!isCancelled) return { ...at, actions };
  const line = point === 'cancel-sent' ? random.int(1, 5) : random.int(0, 5);
  return { ...at, actions, cancelAt: { action: special + 1, line } };
}

/** How often a task passes a point for sure, or nearly so. */
function passes(point: Failpoint, { actions, cancelAt }: TaskPlan): number {
  const reached = cancelAt ? actions.slice(0, cancelAt.action) : actions;
  const scripts = reached.filter((a) => a.kind === 'script');
  if (['leased', 'session-open'].includes(point)) return reached.length;
  if (point === 'page-stored') return 3;
  if (point === 'artifact-stored')
    return Math.max(1, scripts.slice(0, cancelAt ? -1 : undefined).filter((a) => a.leavesArtifact).length);
  const isOfScript = /^(run|agent|start|first|result|completed)/.test(point);
  return isOfScript ? Math.max(1, scripts.length) : 1;
}

export function strikeText({ point, pass }: Strike): string {
  return `${point}:kill@${pass}`;
}
