import { Command } from '@oclif/core';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commands } from './index.ts';
import { camelNames } from './json-names.ts';
import { OctoCommand } from './octo-command.ts';
import { RawCall } from './raw-call.ts';

const jsonOf = (command: { readonly prototype: object }): unknown => Reflect.get(command.prototype, 'toSuccessJson');

test('names from the wire become those of our own documents, at every depth', () => {
  const wire = { Id: 'Workers-1', WorkerPoolIds: ['WorkerPools-1'], Tags: [{ IsOn: true, Note: null }] };
  expect(camelNames({ task: 'ServerTasks-1', workers: [wire] })).toEqual({
    task: 'ServerTasks-1',
    workers: [{ id: 'Workers-1', workerPoolIds: ['WorkerPools-1'], tags: [{ isOn: true, note: null }] }],
  });
});

test('keys that are data stay, and so does what is inside of them', () => {
  const data = {
    links: { Self: '/api' },
    arguments: { MachineIds: ['Workers-1'] },
    steps: [{ type: 'Acme.Greet', properties: { properties: { 'Acme.Name': {} }, required: ['Acme.Name'] } }],
    differences: [{ path: '/Name', before: { Fingerprint: 'a' }, after: null }],
    permissions: { spacePermissions: { WorkerView: [{ SpaceId: 'Spaces-1' }] } },
  };
  expect(camelNames(data)).toEqual(data);
  expect(camelNames({ Endpoint: { CommunicationStyle: 'Ssh', Host: 'b1' } })).toEqual({
    endpoint: { communicationStyle: 'Ssh', Host: 'b1' },
  });
});

const own = Object.entries(commands).filter(([, it]) => it.enableJsonFlag);
test.each(own)('octo %s prints its --json like every other', (id, command) => {
  expect(jsonOf(command)).toBe(jsonOf(id.startsWith('api:') ? RawCall : OctoCommand));
  expect(jsonOf(command)).not.toBe(jsonOf(Command));
});

test('octo api passes on what the server said', () => {
  expect(Reflect.apply(jsonOf(RawCall) as (it: unknown) => unknown, undefined, [{ Id: 'x' }])).toEqual({ Id: 'x' }); // it asks nothing of its command
});

test('no command writes a document beside its result without these names', () => {
  const root = new URL('commands/', import.meta.url);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((it) => it.endsWith('.ts'));
  const writes = files.filter((it) => {
    const text = readFileSync(new URL(it, root), 'utf8');
    return /jsonEnabled\(\)[^;]*JSON\.stringify\((?!camelNames\()/.test(text) || text.includes('logJson(');
  });
  expect(writes).toEqual([]);
});
