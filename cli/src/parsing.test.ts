import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDuration } from './durations.ts';
import { taskId } from './octo-command.ts';
import { facts, table, when } from './table.ts';
import { parseVariable, readSecret } from './variables.ts';

describe('durations', () => {
  test.each([
    ['90', 90],
    ['90s', 90],
    ['10m', 600],
    ['1h30m', 5_400],
    ['2d', 172_800],
  ])('%s is %i seconds', (text, seconds) => {
    expect(parseDuration(text, '--timeout')).toBe(seconds);
  });
  test.each(['', 'soon', '10x', '1h 30m', '-5m', '1.5h'])(
    '"%s" is refused, and the message shows how to write it',
    (text) => {
      expect(() => parseDuration(text, '--timeout')).toThrow(expect.objectContaining({ code: 'OCTO_CLI_DURATION' }));
    },
  );
});

describe('variables', () => {
  test('the value begins at the first =, and may be empty', () => {
    expect(parseVariable('A=b=c')).toEqual({ name: 'A', value: 'b=c' });
    expect(parseVariable('A=')).toEqual({ name: 'A', value: '' });
    expect(() => parseVariable('A')).toThrow(expect.objectContaining({ code: 'OCTO_CLI_VARIABLE' }));
  });

  test('a secret comes from a file or from the environment, never from the command line (R243)', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'octo-secret-'));
    try {
      await writeFile(join(dir, 's'), 'two\nlines\n');
      expect(await readSecret(`P=@${join(dir, 's')}`, {})).toEqual({ name: 'P', value: 'two\nlines', sensitive: true });
      expect(await readSecret('P', { P: 'env' })).toEqual({ name: 'P', value: 'env', sensitive: true });
      await expect(readSecret('P', {})).rejects.toMatchObject({ code: 'OCTO_CLI_SECRET' });
      await expect(readSecret(`P=@${dir}/none`, {})).rejects.toMatchObject({ code: 'OCTO_CLI_FILE' });
      const refused = await readSecret('P=hunter2', {}).catch((error: Error) => error);
      expect(refused).toMatchObject({ code: 'OCTO_CLI_SECRET' });
      expect(JSON.stringify(refused) + (refused as Error).message).not.toContain('hunter2');
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});

test('a number stands for a task', () => {
  expect([taskId('42'), taskId('ServerTasks-42')]).toEqual(['ServerTasks-42', 'ServerTasks-42']);
});

test('tables align, empty cells are dashes, the last column may run over', () => {
  expect(
    table(
      ['id', 'name'],
      [
        ['1', 'a'],
        ['22', ''],
      ],
    ),
  ).toBe('ID  NAME\n1   a\n22  -');
  expect(table(['id'], [])).toBe('');
  expect(
    facts([
      ['Task', 'x'],
      ['Error', ''],
      ['Node', null],
      ['Log', 3],
    ]),
  ).toBe('Task  x\nLog   3');
});

test('times of today are short, others have their day', () => {
  const now = new Date('2026-11-23T12:00:00');
  expect(when(new Date('2026-11-23T09:05:07').toISOString(), now)).toBe('09:05:07');
  expect(when(new Date('2026-11-20T09:05:07').toISOString(), now)).toBe('2026-11-20 09:05:07');
  expect(when(null)).toBe('');
});
