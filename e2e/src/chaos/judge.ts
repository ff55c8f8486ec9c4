import { type Evidence, type Line, type TaskEvidence } from './evidence.ts';
import { artifactName, markOf, readMarks } from './request.ts';
import { type ScriptPlan } from './scenario.ts';

export interface Verdict {
  /** Sentences; none when all promises were kept. */
  readonly violations: readonly string[];
  readonly doubled: number;
  readonly lost: number;
  /** Tasks that truthfully say that something may have run. */
  readonly unknown: number;
}

/** Judge what was seen from outside by what the plan promises. Nothing that octo says of itself is taken for true. */
export function judge({ tasks, taskCount, workspaces, processes }: Evidence): Verdict {
  const court = new Court();
  if (taskCount !== tasks.length) court.says(`${tasks.length} tasks were sent, and there are ${taskCount}`);
  if (workspaces.length > 0) court.says(`workspaces were left: ${workspaces.join(', ')}`);
  if (processes.length > 0) court.says(`processes were left: ${processes.join('; ')}`);
  for (const task of tasks) court.hear(task);
  return court;
}

class Court implements Verdict {
  readonly violations: string[] = [];
  doubled = 0;
  lost = 0;
  unknown = 0;

  says(sentence: string): void {
    this.violations.push(sentence);
  }

  hear(task: TaskEvidence): void {
    const say = (sentence: string) => this.says(`task ${task.plan.name}: ${sentence}`);
    this.#checkStarts(task, say);
    this.#checkWatched(task, say);
    const ran = this.#ran(task, say);
    task.plan.actions.forEach((plan, n) => {
      if (plan.kind !== 'script') return;
      const isWhole = n < ran.whole;
      this.#checkLog(task, { plan, action: n + 1, isWhole }, say);
      if (isWhole) checkLeft(task, plan, n + 1, say);
    });
  }

  /** How many actions must have come to their own end, by the state that the task claims. */
  #ran(task: TaskEvidence, say: (sentence: string) => void): { readonly whole: number } {
    const { plan, state, errorCode, witnesses, cancelAnswer } = task;
    const ended = witnesses.filter((lines) => lines.includes('done')).length;
    const started = witnesses.filter((lines) => lines.length > 0).length;
    const toFail = plan.actions.findIndex((a) => a.kind === 'script' && a.exitCode !== 0);
    const story = `${state} (${errorCode}: ${task.errorMessage}), with ${started} started and ${ended} ended of ${plan.actions.length}`;
    if ((cancelAnswer === 'Cancelling' || cancelAnswer === 'Canceled') && !['Canceled', 'Failed'].includes(state))
      say(`its cancel was answered with ${cancelAnswer}, and it is ${story}`);
    if (state === 'Success') {
      if (toFail >= 0 || ended !== plan.actions.length || started !== ended) say(`it is ${story}`);
      return { whole: plan.actions.length };
    }
    if (state === 'Canceled') {
      if (!plan.cancelAt) say(`nobody cancelled it, and it is ${story}`);
      return { whole: Math.max(started - 1, 0) };
    }
    if (state === 'Failed' && errorCode === 'OCTO_STEP_EXIT') {
      if (toFail < 0 || started !== toFail + 1 || ended !== started) say(`it is ${story}`);
      return { whole: started };
    }
    if (state === 'Failed' && errorCode === 'OCTO_ACTION_MAY_HAVE_RUN') return this.#mayHaveRun(task, story, say);
    say(`it is ${story}`);
    return { whole: 0 };
  }

  /** Only an effect that was recorded may be unknown: scripts can always be asked. Nothing runs behind it. */
  #mayHaveRun({ plan, witnesses }: TaskEvidence, story: string, say: (sentence: string) => void) {
    this.unknown++;
    const at = plan.actions.findIndex((a) => a.kind === 'once');
    const before = witnesses.slice(0, Math.max(at, 0)).every((lines) => lines.includes('done'));
    const behind = witnesses.slice(at + 1).some((lines) => lines.length > 0);
    if (at < 0 || !before || behind) say(`it is ${story}`);
    return { whole: Math.max(at, 0) };
  }

  #checkStarts({ witnesses }: TaskEvidence, say: (sentence: string) => void): void {
    witnesses.forEach((lines, n) => {
      const starts = lines.filter((line) => line === 'started').length;
      if (starts > 1) {
        this.doubled += starts - 1;
        say(`action ${n + 1} was started ${starts} times`);
      }
      const before = witnesses[n - 1];
      if (starts > 0 && before && !before.includes('done')) say(`action ${n + 1} was started before ${n} had ended`);
    });
  }

  /** What was shown once stays, and the numbers only rise. */
  #checkWatched({ watched, log }: TaskEvidence, say: (sentence: string) => void): void {
    const gone = watched.findIndex((line, n) => log[n]?.text !== line.text || log[n].seq !== line.seq);
    if (gone >= 0) {
      this.lost++;
      say(`line ${gone + 1} was shown as ${show(watched[gone])} and is ${show(log[gone])} now`);
    }
    const fallen = log.findIndex((line, n) => n > 0 && line.seq <= (log[n - 1]?.seq ?? 0));
    if (fallen >= 0) say(`line ${fallen + 1} has number ${log[fallen]?.seq}, behind ${log[fallen - 1]?.seq}`);
  }

  #checkLog(
    { plan: task, log }: TaskEvidence,
    { plan, action, isWhole }: { plan: ScriptPlan; action: number; isWhole: boolean },
    say: (sentence: string) => void,
  ): void {
    const texts = log.filter((line) => line.activityId === `${action}/1`).map((line) => line.text);
    const errors = Math.floor(plan.lines / 5);
    const wanted: [string, readonly string[]][] = [
      ['line', range(plan.lines).map((n) => `line ${n}`)],
      ['err', range(errors).map((n) => `err ${n * 5}`)],
      ['fail', ['fail is []']],
      ['A', readMarks(task, action)],
      ['last', ['last']],
    ];
    for (const [word, all] of wanted) {
      const found = texts.filter((text) => (word === 'A' ? /^A\d left/.test(text) : text.split(' ')[0] === word));
      const fault = compare(found, all, isWhole);
      if (!fault) continue;
      if (isWhole) this.lost += Math.max(all.length - new Set(found).size, 0);
      say(`log of action ${action}: ${fault}`);
    }
  }
}

function checkLeft(task: TaskEvidence, plan: ScriptPlan, action: number, say: (sentence: string) => void): void {
  const mark = markOf(task.plan.name, action);
  const output = task.outputs.filter((o) => o.action === `A${action}`).map((o) => `${o.name}=${o.value}`);
  const wanted = plan.setsOutput ? [`Mark=${mark}`] : [];
  if (output.join() !== wanted.join())
    say(`outputs of action ${action} are [${output.join()}], not [${wanted.join()}]`);
  const left = task.artifacts.filter((a) => a.name === artifactName(task.plan.name, action)).map((a) => a.content);
  if (left.join('|') !== (plan.leavesArtifact ? mark : ''))
    say(`artifacts of action ${action} are [${left.join('|')}], not [${plan.leavesArtifact ? mark : ''}]`);
}

/** Undefined when `found` is `all`, or the beginning of it where that is enough. */
function compare(found: readonly string[], all: readonly string[], isWhole: boolean): string | undefined {
  const at = found.findIndex((text, n) => text !== all[n]);
  if (at >= 0) return `"${found[at]}" stands where "${all[at] ?? 'nothing'}" should`;
  if (isWhole && found.length < all.length) return `"${all[found.length]}" is missing`;
  return undefined;
}
function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1);
}
function show(line: Line | undefined): string {
  return line ? `${line.seq} "${line.text}"` : 'gone';
}
