import { parse, type ScriptResult } from '@octo/kernel';
import { fakeStepContext, textBytes } from '@octo/testkit';
import { expect, test } from 'vitest';
import { script } from './index.ts';

const BODY = 'Octopus.Action.Script.ScriptBody';
const fromFile = (name: string) => ({
  'Octopus.Action.Script.ScriptSource': 'Package',
  'Octopus.Action.Script.ScriptFileName': name,
});
const file = (name: string, text: string) => ({ name, content: textBytes(text) });
const parsed = (wire: Record<string, string>) => parse(script.properties, wire, 'properties');

async function run(wire: Record<string, string>, answer: Partial<ScriptResult> = {}) {
  const context = fakeStepContext(await parse(script.properties, wire, 'properties'), answer);
  await script.run(context, {});
  return context;
}

test('the script goes to the worker as it is, in Bash unless it says otherwise', async () => {
  const { scripts } = await run({
    [BODY]: 'echo #{Name}',
    'Octopus.Action.Script.ScriptParameters': '-x "a b"',
    Other: 'x',
  });
  expect(scripts).toEqual([{ syntax: 'Bash', body: 'echo #{Name}', parameters: '-x "a b"' }]);
});

test.each([
  ['an exit code', { exitCode: 3 }, 'OCTO_STEP_EXIT', /^the script exited with 3 on fake$/],
  ["the script's own words", { exitCode: 1, message: 'the disk is full' }, 'OCTO_STEP_EXIT', /^the disk is full$/],
  ['a lost result (R146)', { end: 'unknown' as const, exitCode: -46 }, 'OCTO_STEP_UNKNOWN', /may have run/],
  ['a script that was given up', { end: 'abandoned' as const, exitCode: -46 }, 'OCTO_STEP_UNKNOWN', /may still run/],
  ['a script that was stopped', { end: 'stopped' as const, exitCode: -43 }, 'OCTO_STEP_STOPPED', /was stopped/],
  ['a script that never started (R147)', { end: 'unstarted' as const, exitCode: -44 }, 'OCTO_STEP_NOT_STARTED', /-44/],
])('%s fails the step', async (_, answer, code, message) => {
  await expect(run({ [BODY]: 'true' }, answer)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test('errors on stderr fail the step only where it asks for that (calamari.md 1.4)', async () => {
  await run({ [BODY]: 'true' }, { hasErrors: true });
  const strict = { [BODY]: 'true', 'Octopus.Action.FailScriptOnErrorOutput': 'True' };
  await expect(run(strict, { hasErrors: true })).rejects.toMatchObject({ code: 'OCTO_STEP_ERROR_OUTPUT' });
});

test.each([
  ['an empty script', { [BODY]: '  ' }, /the script is empty/],
  ['no script', {}, /ScriptBody/],
  ['an unknown language', { [BODY]: 'x', 'Octopus.Action.Script.Syntax': 'FSharp' }, /Syntax/],
  ['a script from Git', { [BODY]: 'x', 'Octopus.Action.Script.ScriptSource': 'GitRepository' }, /come later/],
  ['a package with a body', { [BODY]: 'x', ...fromFile('a.sh') }, /has no body of its own/],
  ['a package without a file name', { ...fromFile('') }, /needs the name of its file/],
])('%s is refused by the schema', async (_, wire, message) => {
  await expect(run(wire)).rejects.toMatchObject({ code: 'OCTO_INPUT', message: expect.stringMatching(message) });
});

test('an abort passes through as it is, whatever the script came to', async () => {
  const context = fakeStepContext(await parse(script.properties, { [BODY]: 'true' }, 'properties'), { end: 'stopped' });
  const reason = new Error('cancelled');
  await expect(script.run({ ...context, signal: AbortSignal.abort(reason) }, {})).rejects.toBe(reason);
});

test('a script among the files of the action is run where it lies, the others beside it (calamari.md 1.4)', async () => {
  const [main, data] = [file('sub/main.sh', 'echo #{Name}'), file('data.txt', 'd')];
  const context = { ...fakeStepContext(await parsed(fromFile('sub/main.sh'))), files: [main, data] };
  await script.run(context, {});
  expect(context.scripts).toEqual([{ syntax: 'Bash', body: 'echo #{Name}', fileName: 'sub/main.sh', files: [data] }]);
  const missing = { ...fakeStepContext(await parsed(fromFile('none.sh'))), files: [main] };
  await expect(script.run(missing, {})).rejects.toMatchObject({ code: 'OCTO_STEP_SCRIPT_FILE' });
});
