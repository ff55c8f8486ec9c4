import { type Waiting } from '../model/task.ts';

/** What a node of the tree is about. Programs go by it, people by the text. */
export type ExplanationKind =
  'task' | 'wait' | 'queue' | 'node' | 'step' | 'wants' | 'candidate' | 'run' | 'outcome' | 'next';

/**
 * Why a task is as it is: wants, then candidates, each with its reason, then what happens next and when (I1). One
 * sentence a node, without a full stop; what waits is said in the same words as in the task's log.
 */
export interface Explanation {
  readonly kind: ExplanationKind;
  readonly text: string;
  readonly children: readonly Explanation[];
}

export function because(
  kind: ExplanationKind,
  text: string,
  children: readonly (Explanation | undefined)[] = [],
): Explanation {
  return { kind, text, children: children.filter((child) => child !== undefined) };
}

/** `14:03:22 UTC`, with the day where it is not that of `nowMs`. */
export function clockTime(ms: number, nowMs: number): string {
  const [day, time = ''] = new Date(ms).toISOString().split('T');
  const isToday = new Date(nowMs).toISOString().startsWith(day ?? '');
  return `${isToday ? '' : `${day} `}${time.slice(0, 8)} UTC`;
}

/** `2 min 5 s`; two units are enough for people. */
export function spell(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const units = [
    ['d', Math.floor(seconds / 86_400)],
    ['h', Math.floor(seconds / 3_600) % 24],
    ['min', Math.floor(seconds / 60) % 60],
    ['s', seconds % 60],
  ] as const;
  const shown = units.filter(([, n]) => n > 0).slice(0, 2);
  return shown.map(([unit, n]) => `${n} ${unit}`).join(' ') || 'less than 1 s';
}

/** The sentence is that of the log. */
export function waits(waiting: Waiting, nowMs: number): Explanation {
  const { untilMs, whenOver } = waiting;
  const over =
    untilMs === undefined
      ? `there is no limit: ${whenOver}`
      : `at ${clockTime(untilMs, nowMs)}, in ${spell(untilMs - nowMs)}, ${whenOver}`;
  return because('wait', `Waiting for ${waiting.for}, for ${spell(nowMs - waiting.sinceMs)}`, [because('next', over)]);
}
