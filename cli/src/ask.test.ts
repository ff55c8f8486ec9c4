import { afterEach, expect, test } from 'vitest';
import { ask, canAsk } from './ask.ts';
import { hasFlag, manners } from './manners.ts';

const terminal = { stdin: { isTTY: true }, stdout: { isTTY: true } };
afterEach(() => {
  manners.noPrompt = false;
});

test('only a person at both ends is asked', () => {
  expect(canAsk(terminal, {})).toBe(true);
  expect(canAsk(terminal, { CI: 'false' })).toBe(true);
  expect(canAsk(terminal, { CI: 'true' })).toBe(false);
  expect(canAsk({ ...terminal, stdin: {} }, {})).toBe(false);
  expect(canAsk({ ...terminal, stdout: {} }, {})).toBe(false);
  manners.noPrompt = true;
  expect(canAsk(terminal, {})).toBe(false);
});

test('elsewhere each question is an error that names the flag', async () => {
  manners.noPrompt = true;
  const code = 'OCTO_CLI_MISSING';
  await expect(ask.text('Name', { flag: '--name N' })).rejects.toMatchObject({ code, hint: 'give --name N' });
  await expect(ask.secret('Key', { flag: '--api-key-file F' })).rejects.toMatchObject({ code });
  await expect(ask.confirm('Remove it?', { flag: '--yes' })).rejects.toMatchObject({ message: 'missing: Remove it' });
  await expect(ask.choice('Which?', ['a', 'b'], { flag: '--kind' })).rejects.toMatchObject({
    hint: 'give --kind (one of: a, b)',
  });
});

test('what stands behind -- belongs to the script', () => {
  expect(hasFlag(['run', '--quiet', '--', 'x'], '--quiet')).toBe(true);
  expect(hasFlag(['run', '--', '--quiet'], '--quiet')).toBe(false);
});
