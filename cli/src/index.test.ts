import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commands } from './index.ts';

test('every file of commands/ is listed: the bundle goes by files, development by the list', () => {
  const files = readdirSync(new URL('commands', import.meta.url), { recursive: true, encoding: 'utf8' });
  const ids = files.filter((it) => it.endsWith('.ts')).map((it) => it.slice(0, -'.ts'.length).replaceAll('/', ':'));
  expect(Object.keys(commands).toSorted()).toEqual(ids.toSorted());
});

test.each(Object.entries(commands))('%s has a summary, and examples where people use it', (_, command) => {
  expect(command.summary).toMatch(/\.$/);
  expect(command.hidden === true || (command.examples ?? []).length > 0).toBe(true);
});

test('no flag takes a secret itself; --secret of octo run takes where it is', () => {
  const flags = Object.entries(commands).flatMap(([id, { flags }]) =>
    Object.entries(flags ?? {}).map(([name, flag]) => ({
      flag: `${id} --${name}`,
      name,
      takesText: flag.type === 'option',
    })),
  );
  const secret = flags.filter((it) => it.takesText && /password|secret$|key$|token/.test(it.name));
  expect(secret.filter((it) => !it.name.endsWith('-file')).map((it) => it.flag)).toEqual([
    'account:add --access-key', // AWS's name of a key, which is no secret
    'account:edit --access-key',
    'run --secret',
  ]);
});
