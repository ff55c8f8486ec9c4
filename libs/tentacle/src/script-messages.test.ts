import { launchOf } from '@octo/testkit';
import { describe, expect, test } from 'vitest';
import { quoted, readStatus, splitArguments, writeLaunch } from './script-messages.ts';

describe('arguments, as .NET splits them (halibut.md 7.3)', () => {
  test.each([
    ['one two', ['one', 'two']],
    ['  one \t two ', ['one', 'two']],
    ['"one two" three', ['one two', 'three']],
    ['a"b c"d', ['ab cd']],
    ['""', ['']],
    ['"" x', ['', 'x']],
    [String.raw`C:\dir\file`, [String.raw`C:\dir\file`]],
    [String.raw`\"a b\"`, ['"a', 'b"']],
    [String.raw`"a\\" b`, ['a\\', 'b']],
    [String.raw`"a\\\"b"`, [String.raw`a\"b`]],
    ['"a""b"', ['a"b']],
    [`it's 'one' word`, [`it's`, `'one'`, 'word']],
    ['"never closed', ['never closed']],
    ['', []],
  ])('%s', (line, words) => {
    expect(splitArguments(line)).toEqual(words);
  });

  const nasty = ['', ' ', 'a b', '"', '""', '\\', '\\\\', '\\"', 'a\\', 'a b\\', '\\\\"x y"\\', "it's", '$HOME', 'tab\there', 'line\nend', 'ü🐙']; // prettier-ignore
  test.each(nasty.map((word) => [word]))('%j comes back as it was, alone and among others', (word) => {
    expect(splitArguments(quoted(word))).toEqual([word]);
    expect(splitArguments(['x', word, 'y'].map(quoted).join(' '))).toEqual(['x', word, 'y']);
  });

  test('all of them come back together, in any order', () => {
    for (let turn = 0; turn < nasty.length; turn++) {
      const words = [...nasty.slice(turn), ...nasty.slice(0, turn)];
      expect(splitArguments(words.map(quoted).join(' '))).toEqual(words);
    }
  });
});

describe('a status is read as leniently as .NET reads (3.4)', () => {
  const line = { source: 'StdErr', atMs: 1_767_287_045_678, text: 'x' };
  const wanted = { state: 'Complete', exitCode: -43, next: 7, lines: [line] };
  const Occurred = new Date(line.atMs);
  test.each([
    ['as written', { Logs: [{ Source: 1, Occurred, Text: 'x' }], NextLogSequence: 7n, State: 2, ExitCode: -43 }],
    [
      'names in any case, numbers of any kind, dates as text',
      {
        logs: [{ SOURCE: 1n, occurred: '2026-01-01T18:04:05.6780000+01:00', text: 'x' }],
        nextlogsequence: 7,
        STATE: 2n,
        exitCode: -43n,
      },
    ],
    [
      'enums by name',
      { Logs: [{ Source: 'stderr', Occurred, Text: 'x' }], NextLogSequence: 7, State: 'Complete', ExitCode: -43 },
    ],
    [
      'members that nobody knows',
      { Logs: [{ Source: 1, Occurred, Text: 'x', Colour: 3 }], NextLogSequence: 7, State: 2, ExitCode: -43, New: {} },
    ],
  ])('%s', (_how, message) => {
    expect(readStatus(message)).toEqual(wanted);
  });

  test('missing and null members are empty', () => {
    const empty = { state: 'Pending', exitCode: 0, next: 0, lines: [] };
    expect(readStatus({})).toEqual(empty);
    expect(readStatus({ Logs: null, NextLogSequence: null, State: null, ExitCode: null })).toEqual(empty);
    expect(readStatus({ Logs: [{}] }).lines).toEqual([{ source: 'StdOut', atMs: 0, text: '' }]);
  });

  test.each([[null], [{ Logs: {} }], [{ ExitCode: 'seven' }], [{ Logs: [{ Text: 1 }] }], [{ Logs: [null] }]])(
    '%j is refused as a broken protocol',
    (message) => {
      expect(() => readStatus(message)).toThrow(expect.objectContaining({ code: 'OCTO_TRANSPORT_PROTOCOL' }));
    },
  );
});

test('a body for one shell is enough; with both, each machine takes its own (7.2)', () => {
  expect(writeLaunch(launchOf('echo b'), [])).toMatchObject({ ScriptBody: 'echo b', Scripts: { Bash: 'echo b' } });
  const both = launchOf('', { body: { bash: 'echo b', powershell: 'echo p' } });
  expect(writeLaunch(both, [])).toMatchObject({ ScriptBody: 'echo p', Scripts: { Bash: 'echo b' } });
  const windows = launchOf('', { body: { powershell: 'echo p' } });
  expect(writeLaunch(windows, [])).toMatchObject({ ScriptBody: 'echo p', Scripts: {} });
});

test('no limit for the mutex is the longest wait that .NET has (6.3)', () => {
  expect(writeLaunch(launchOf(''), [])['ScriptIsolationMutexTimeout']).toBe('24.20:31:23.6470000');
  const isolation = { exclusive: true, mutex: 'm', timeoutMs: 1_500 };
  expect(writeLaunch(launchOf('', { isolation }), [])).toMatchObject({
    Isolation: 1,
    IsolationMutexName: 'm',
    ScriptIsolationMutexTimeout: '00:00:01.5000000',
  });
});
