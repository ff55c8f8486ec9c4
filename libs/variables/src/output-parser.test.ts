import { type OutputLine } from '@octo/kernel';
import { describe, expect, test } from 'vitest';
import { OutputParser, type OutputResult } from './output-parser.ts';

const b64 = (text: string) => Buffer.from(text).toString('base64');
const out = (text: string): OutputLine => ({ source: 'StdOut', atMs: 1, text });
const err = (text: string): OutputLine => ({ source: 'StdErr', atMs: 1, text });
const setVariable = (name: string, value: string) => `##octopus[setVariable name='${b64(name)}' value='${b64(value)}']`;
const lines = (results: readonly OutputResult[]) =>
  results.flatMap((r) => (r.kind === 'line' ? [`${r.category} ${r.text}`] : []));
const read = (...input: OutputLine[]) => new OutputParser().read(input);

describe('the output parser', () => {
  test('passes text on and takes messages out, wherever they stand in a line (R203)', () => {
    expect(read(out(`a${setVariable('N', 'v w')}b`))).toEqual([
      { kind: 'line', category: 'Info', atMs: 1, text: 'a', continues: false },
      { kind: 'setVariable', name: 'N', value: 'v w', sensitive: false },
      { kind: 'line', category: 'Info', atMs: 1, text: 'b', continues: false },
    ]);
  });

  test('a message alone on its line leaves no empty line; an empty line stays one', () => {
    expect(lines(read(out(setVariable('N', 'v')), out(''), out('x')))).toEqual(['Info ', 'Info x']);
  });

  test.each([
    ['double quotes', `##octopus[setVariable name="${b64('N')}" value="${b64('v')}" sensitive="${b64('True')}"]`],
    [
      'other case of attribute names',
      `##octopus[setVariable NAME='${b64('N')}' Value='${b64('v')}' Sensitive='${b64('true')}']`,
    ],
  ])('%s are understood', (_, text) => {
    expect(read(out(text))).toEqual([{ kind: 'setVariable', name: 'N', value: 'v', sensitive: true }]);
  });

  test('a message broken at every place is still one message (R203)', () => {
    const text = setVariable('Name', 'a value');
    for (let cut = '##octopus['.length; cut < text.length; cut++)
      expect(read(out(text.slice(0, cut)), out(text.slice(cut)))).toEqual([
        { kind: 'setVariable', name: 'Name', value: 'a value', sensitive: false },
      ]);
  });

  test('the state is plain JSON and goes on in the middle of a message, after a restart', () => {
    const first = new OutputParser();
    first.read([out('##octopus[stdout-warning]'), out(setVariable('N', 'v').slice(0, 25))]);
    const second = new OutputParser(JSON.parse(JSON.stringify(first.state())));
    expect(second.read([out(setVariable('N', 'v').slice(25)), out('careful')])).toMatchObject([
      { kind: 'setVariable', name: 'N' },
      { kind: 'line', category: 'Warning', text: 'careful' },
    ]);
  });

  test('log modes hold until changed, per stream; stderr is an error that fails nothing (calamari.md 2.3)', () => {
    const parser = new OutputParser();
    const results = parser.read([
      out('##octopus[stdout-verbose]'),
      out('quiet'),
      err('oops'),
      err('##octopus[stderr-progress]'),
      err('50 %'),
      out('##octopus[stdout-ignore]'),
      out('nothing'),
      out('##octopus[stdout-default]'),
      out('loud'),
    ]);
    expect(lines(results)).toEqual(['Verbose quiet', 'Error oops', 'Verbose 50 %', 'Info loud']);
    expect(parser.hasErrors).toBe(true);
  });

  test('a message that another stream interrupts was text', () => {
    expect(lines(read(out('##octopus[setVar'), err('x'), out('y')))).toEqual([
      'Info ##octopus[setVar',
      'Error x',
      'Info y',
    ]);
  });

  test.each([
    ['an attribute that is no base64', `##octopus[setVariable name='%%%' value='x']`],
    ['no name', '##octopus[]'],
    ['garbage behind the name', '##octopus[setVariable <>]'],
  ])('%s: a warning, and the text is shown', (_, text) => {
    expect(lines(read(out(text)))).toEqual([`Warning Could not parse '${text}'`, `Info ${text}`]);
  });

  test('an unknown message has no effect and a verbose note; one without a value is ignored', () => {
    expect(lines(read(out('##octopus[rockets]')))).toEqual([
      'Verbose The service message rockets is not understood and has no effect',
    ]);
    expect(read(out(`##octopus[setVariable name='${b64('N')}']`))).toEqual([]);
  });

  test('what is left unfinished at the end was text', () => {
    const parser = new OutputParser();
    parser.read([out('##octopus[never')]);
    expect(lines(parser.end(2))).toEqual(['Info ##octopus[never']);
  });

  test('five megabytes in one message, and ten thousand broken lines, take linear time', () => {
    const big = 'x'.repeat(5_000_000);
    expect(read(out(setVariable('N', big)))).toMatchObject([{ kind: 'setVariable', value: big }]);
    const parser = new OutputParser();
    for (let n = 0; n < 10_000; n++) parser.read([out('##octopus[setVariable name=')]);
    expect(parser.state().partial.length).toBeLessThan(16 * 1024 * 1024);
  });
});
