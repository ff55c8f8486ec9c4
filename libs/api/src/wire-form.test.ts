import { expect, test } from 'vitest';
import { taskDetailsForm } from './resources/task-details.ts';
import { tasksForm } from './resources/task.ts';
import { workerForm } from './resources/worker.ts';
import { listOf, wireForm } from './wire-form.ts';
import { str, strMap, type Shape } from './wire-shape.ts';

interface Part {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly parts: readonly Part[];
}
const part: Shape<Part> = {
  name: str,
  properties: strMap,
  get parts(): readonly [Shape<Part>] {
    return [part];
  },
};
const form = wireForm<Part>(part);
const PROPERTIES = { 'Octopus.Action.Script.ScriptBody': 'echo', lower: 'x' };

test('names change their case at every depth, keys that are data do not (rest.md 1.5)', () => {
  const inside: Part = { name: 'a', properties: PROPERTIES, parts: [{ name: 'b', properties: {}, parts: [] }] };
  const wire = { Name: 'a', Properties: PROPERTIES, Parts: [{ Name: 'b', Properties: {}, Parts: [] }] };
  expect(form.toWire(inside)).toEqual(wire);
  expect(form.bind(wire)).toEqual(inside);
  expect(listOf(form).toWire([inside])).toEqual([wire]);
});

test('names of a body bind in any case, unknown and read-only ones are ignored (rest.md 1.5)', () => {
  expect(form.bind({ nAmE: 'a', PROPERTIES, Id: 'x', Links: {} })).toEqual({ name: 'a', properties: PROPERTIES });
});

test('what the shape does not name does not go out', () => {
  const more = { name: 'a', properties: {}, parts: [], secret: 'hunter2' };
  expect(JSON.stringify(form.toWire(more))).not.toContain('hunter2');
});

test.each([[null], ['text'], [5], [[1, null]], [{ parts: 'none' }], [{ parts: { name: 'a' } }]])(
  'what does not fit the shape stays, for a schema to refuse: %j',
  (body) => expect(form.bind(body)).toEqual(body),
);

test('a body cannot reach the prototype of anything', () => {
  const bound = form.bind(JSON.parse('{"__proto__":{"isAdmin":true},"constructor":{"name":"x"},"name":"a"}'));
  expect(bound).toEqual({ name: 'a' });
  expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
});

test('members of an endpoint keep their wire names, except the style (rest.md 2.3)', () => {
  const wire = { Endpoint: { CommunicationStyle: 'Ssh', Uri: 'ssh://h:22/', ownMember: { deep: 1 } } };
  const inside = { endpoint: { communicationStyle: 'Ssh', Uri: 'ssh://h:22/', ownMember: { deep: 1 } } };
  expect(workerForm.bind(wire)).toEqual(inside);
  expect(workerForm.toWire(inside as never)).toEqual(wire);
});

test('counts by state keep their keys; branches of a log are mapped at every level', () => {
  expect(tasksForm.bind({ TotalCounts: { Queued: 1 }, Items: [{ Id: 'ServerTasks-1' }] })).toEqual({
    totalCounts: { Queued: 1 },
    items: [{ id: 'ServerTasks-1' }],
  });
  expect(taskDetailsForm.bind({ ActivityLogs: [{ Children: [{ Children: [{ Name: 'leaf' }] }] }] })).toEqual({
    activityLogs: [{ children: [{ children: [{ name: 'leaf' }] }] }],
  });
});

test('a shape that forgets a member does not compile', () => {
  // @ts-expect-error -- `parts` is missing
  const forgetful: Shape<Part> = { name: str, properties: strMap };
  expect(Object.keys(forgetful)).not.toContain('parts');
});
