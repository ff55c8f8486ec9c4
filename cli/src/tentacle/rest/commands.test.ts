import { describe, expect, test } from 'vitest';
import { restCommands } from './commands.ts';
import { fakeDeps } from './deps.fixture.ts';
import { newSubscriptionId, normalSubscriptionId } from './subscription-id.ts';
import { Values } from './values.ts';

describe.each(restCommands.map((command) => [command.name, command] as const))('%s', (_name, command) => {
  test('has no two options of one name, whatever the case', () => {
    const names = command.options.flatMap((option) => option.names.map((name) => name.toLowerCase()));
    expect(new Set(names).size).toBe(names.length);
  });
  test('masks what is secret where command lines are logged (halibut.md 9.1)', () => {
    const secrets = command.options.filter(({ isSecret }) => isSecret).map(({ names }) => names[0]);
    expect(secrets).toEqual(['apiKey', 'bearerToken', 'username', 'password']);
  });
});

describe('values', () => {
  const values = new Values(
    new Map(Object.entries({ name: ['a', 'b'], none: [''], port: ['12'], bad: ['1x'], flag: [''] })),
  );

  test('a text is the last one given, and an empty one counts as not given', () => {
    expect(values.text('name', 'name')).toEqual({ name: 'b' });
    expect(values.text('none', 'none')).toEqual({});
    expect(values.list('name')).toEqual(['a', 'b']);
    expect(values.flag('flag')).toBe(true);
    expect(values.flag('other')).toBe(false);
  });
  test('a number that is none is a failure of exit code 100 (halibut.md 9.1)', () => {
    expect(values.number('port', 'port')).toEqual({ port: 12 });
    expect(() => values.number('bad', 'bad')).toThrow(expect.objectContaining({ code: 'OCTO_REGISTER_NUMBER' }));
  });
});

test.each([
  ['register-worker', { apiKey: ['K'], server: ['http://127.0.0.1:1'] }, 'specify a worker pool'],
  ['register-with', { apiKey: ['K'], server: ['http://127.0.0.1:1'] }, 'specify an environment'],
  ['deregister-worker', {}, 'specify a server'],
  ['deregister-from', { server: ['http://127.0.0.1:1'] }, 'specify an API key'],
])('%s asks for what it lacks', async (name, given, text) => {
  const run = restCommands
    .find((command) => command.name === name)
    ?.run(new Values(new Map(Object.entries(given))), fakeDeps(), new AbortController().signal);
  await expect(run).rejects.toThrow(text);
});

describe('subscription ids (halibut.md 8.1)', () => {
  test('are poll:// and 20 letters that are not mistaken for one another', () => {
    expect(newSubscriptionId()).toMatch(/^poll:\/\/[b-hj-np-z2-9]{20}\/$/);
    expect(newSubscriptionId()).not.toBe(newSubscriptionId());
  });
  test('are kept in lower case with a slash; another scheme is the operator’s, no address at all is a failure', () => {
    expect(normalSubscriptionId('poll://UPPER')).toBe('poll://upper/');
    expect(() => normalSubscriptionId('http://x')).toThrow(expect.objectContaining({ kind: 'KnownFailure' }));
    expect(() => normalSubscriptionId('x')).toThrow(expect.objectContaining({ kind: 'RestFailure' }));
  });
});
