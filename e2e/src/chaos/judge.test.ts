import { expect, test } from 'vitest';
import { type Evidence, type TaskEvidence } from './evidence.ts';
import { judge } from './judge.ts';
import { type ScriptPlan } from './scenario.ts';

const plan: ScriptPlan = { kind: 'script', lines: 5, stepMs: 0, setsOutput: true, leavesArtifact: true, exitCode: 0 };
const texts = ['fail is []', 'line 1', 'line 2', 'line 3', 'line 4', 'line 5', 'err 5', 'last'];
const lines = texts.map((text, n) => ({ seq: n + 1, activityId: '1/1', text }));
const good: TaskEvidence = {
  plan: { name: 'a', server: 0, actions: [plan] },
  state: 'Success',
  errorCode: null,
  errorMessage: '',
  cancelAnswer: undefined,
  watched: lines.slice(0, 4),
  log: lines,
  outputs: [{ action: 'A1', name: 'Mark', value: 'mark of a1' }],
  artifacts: [{ name: 'a1.txt', content: 'mark of a1' }],
  witnesses: [['started', 'done']],
};
function hear(task: Partial<TaskEvidence>, more: Partial<Evidence> = {}) {
  return judge({ tasks: [{ ...good, ...task }], taskCount: 1, workspaces: [], processes: [], ...more });
}

test('a task that kept every promise is not complained about', () => {
  expect(hear({}).violations).toEqual([]);
});

const cancelled = { plan: { ...good.plan, cancelAt: { action: 1, line: 2 } }, state: 'Canceled' } as const;
const effect = { ...good.plan, actions: [{ kind: 'once' }] } as const;
const mayHaveRun = { plan: effect, state: 'Failed', errorCode: 'OCTO_ACTION_MAY_HAVE_RUN' } as const;

test('a cancelled script may have stopped anywhere, and an effect may be unknown', () => {
  expect(hear({ ...cancelled, log: lines.slice(0, 4), witnesses: [['started']] }).violations).toEqual([]);
  expect(hear({ ...mayHaveRun, witnesses: [[]] })).toMatchObject({ violations: [], unknown: 1 });
});

test.each<[string, Partial<TaskEvidence>, RegExp]>([
  ['a second start', { witnesses: [['started', 'started', 'done']] }, /started 2 times/],
  ['a missing line', { log: lines.toSpliced(3, 1), watched: [] }, /"line 4" stands where "line 3" should/],
  ['a missing end', { log: lines.slice(0, -1) }, /"last" is missing/],
  ['a doubled line', { log: lines.toSpliced(3, 0, { seq: 3.5, activityId: '1/1', text: 'line 2' }) }, /where "line 3"/],
  ['a line that was shown and went', { watched: [{ seq: 1, activityId: '', text: 'gone' }] }, /was shown as 1 "gone"/],
  ['numbers that fall', { log: lines.map((l) => ({ ...l, seq: 9 - l.seq })), watched: [] }, /has number 7, behind 8/],
  ['success of what did not end', { witnesses: [['started']] }, /it is Success/],
  ['a failure of what went well', { state: 'Failed', errorCode: 'OCTO_STEP_EXIT' }, /it is Failed/],
  ['an unknown end of a script', { state: 'Failed', errorCode: 'OCTO_STEP_UNKNOWN' }, /it is Failed/],
  ['unknown where no effect was', { state: 'Failed', errorCode: 'OCTO_ACTION_MAY_HAVE_RUN' }, /it is Failed/],
  ['a cancel that nobody sent', { state: 'Canceled' }, /nobody cancelled it/],
  ['a cancel that was promised', { ...cancelled, state: 'Success', cancelAnswer: 'Cancelling' }, /was answered/],
  ['a lost output', { outputs: [] }, /outputs of action 1/],
  ['a lost artifact', { artifacts: [{ name: 'a1.txt', content: undefined }] }, /artifacts of action 1/],
  ['a leaked failpoint', { log: [{ ...lines[0]!, text: 'fail is [x]' }, ...lines.slice(1)] }, /"fail is \[x\]"/],
])('%s is a violation', (_, task, sentence) => {
  expect(hear(task).violations).toContainEqual(expect.stringMatching(sentence));
});

test.each<[Partial<Evidence>, RegExp]>([
  [{ workspaces: ['abc'] }, /workspaces were left: abc/],
  [{ processes: ['bash'] }, /processes were left: bash/],
  [{ taskCount: 2 }, /1 tasks were sent, and there are 2/],
])('so is what was left behind: %j', (more, sentence) => {
  expect(hear({}, more).violations).toEqual([expect.stringMatching(sentence)]);
});
