import { expect, test } from 'vitest';
import { parseProcess, parseRunRequest } from './run-request.ts';

const PROPERTIES = { 'Octopus.Action.Script.ScriptBody': 'echo', lower: 'x' };

test('a run request is read with names in any case, unknown ones ignored (rest.md 1.5)', async () => {
  const body = {
    ACTIONS: [{ Name: 'a', TYPE: 'Octopus.Script', properties: PROPERTIES, Extra: 1 }],
    variables: [{ NAME: 'Password', Value: 'x', Sensitive: true }],
    TimeoutSECONDS: 5,
    Extra: 1,
  };
  expect(await parseRunRequest(body)).toEqual({
    actions: [{ name: 'a', type: 'Octopus.Script', properties: PROPERTIES }],
    variables: [{ name: 'Password', value: 'x', sensitive: true }],
    timeoutSeconds: 5,
  });
});

test('a process file may be one action or a list, in our spelling or in that of Octopus', async () => {
  const ours = { name: 'a', type: 'Octopus.Script', properties: PROPERTIES };
  const theirs = { Name: 'a', ActionType: 'Octopus.Script', Properties: PROPERTIES };
  expect(await parseProcess([theirs, ours], 'process.json')).toEqual([ours, ours]);
  expect(await parseProcess(ours, 'process.json')).toEqual([ours]);
});

const action = { name: 'a', type: 'Octopus.Script' };
test.each([
  ['no actions', { actions: [] }, 'actions'],
  ['an action without a type', { actions: [{ name: 'a' }] }, 'actions.0.type'],
  ['an action without a name', { actions: [{ ...action, name: ' ' }] }, 'actions.0.name'],
  ['a property that is no text', { actions: [{ ...action, properties: { n: 1 } }] }, 'actions.0.properties.n'],
  ['an endless time limit', { actions: [action], timeoutSeconds: 1e12 }, 'timeoutSeconds'],
  ['a negative time limit', { actions: [action], queueTimeoutSeconds: -1 }, 'queueTimeoutSeconds'],
  ['a variable without a value', { actions: [action], variables: [{ name: 'x' }] }, 'variables.0.value'],
  ['nothing', undefined, 'value'],
])('%s is refused, naming the fault', async (_, body, where) => {
  const refused = { code: 'OCTO_INPUT', message: expect.stringContaining(`${where}: `) as string };
  await expect(parseRunRequest(body)).rejects.toMatchObject(refused);
});
