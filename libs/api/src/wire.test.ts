import { expect, test } from 'vitest';
import { parseProcess, parseRunRequest } from './run-request.ts';
import { bindNames, fromWire, toWire } from './wire.ts';

const PROPERTIES = { 'Octopus.Action.Script.ScriptBody': 'echo', lower: 'x' };

test('names change their case on the way, keys that are data do not (rest.md 1.5)', () => {
  const inside = {
    itemType: 'Task',
    items: [{ id: 'ServerTasks-1', links: { self: '/api' }, properties: PROPERTIES }],
  };
  expect(toWire(inside)).toEqual({
    ItemType: 'Task',
    Items: [{ Id: 'ServerTasks-1', Links: { self: '/api' }, Properties: PROPERTIES }],
  });
  expect(fromWire(toWire(inside))).toEqual(inside);
});

test('names of a body bind in any case, unknown ones are ignored (rest.md 1.5)', async () => {
  const body = {
    ACTIONS: [{ Name: 'a', TYPE: 'Octopus.Script', properties: PROPERTIES }],
    TimeoutSECONDS: 5,
    Extra: 1,
  };
  expect(await parseRunRequest(body)).toEqual({
    actions: [{ name: 'a', type: 'Octopus.Script', properties: PROPERTIES }],
    timeoutSeconds: 5,
  });
  expect(bindNames({ nAmE: 1 }, ['name'])).toEqual({ name: 1 });
});

test('a process file may use Octopus spelling', async () => {
  expect(
    await parseProcess([{ Name: 'a', ActionType: 'Octopus.Script', Properties: PROPERTIES }], 'process.json'),
  ).toEqual([{ name: 'a', type: 'Octopus.Script', properties: PROPERTIES }]);
});

test.each([
  ['no actions', { actions: [] }],
  ['an action without a type', { actions: [{ name: 'a' }] }],
  ['a property that is no text', { actions: [{ name: 'a', type: 'x', properties: { n: 1 } }] }],
  ['nothing', undefined],
])('%s is refused, naming the fault', async (_, body) => {
  await expect(parseRunRequest(body)).rejects.toMatchObject({ code: 'OCTO_INPUT' });
});
