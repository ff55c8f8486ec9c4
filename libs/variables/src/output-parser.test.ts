import { type OutputLine } from '@octo/kernel';
import { describe, expect, test } from 'vitest';
import { OutputParser } from './output-parser.ts';
import { type OutputResult } from './output-result.ts';

const b64 = (text: string) => Buffer.from(text).toString('base64');
const out = (text: string): OutputLine => ({ source: 'StdOut', atMs: 1, text });
const cut = (text: string): OutputLine => ({ ...out(text), continues: true });
const err = (text: string): OutputLine => ({ source: 'StdErr', atMs: 1, text });
const setVariable = (name: string, value: string) => `##octopus[setVariable name='${b64(name)}' value='${b64(value)}']`;
const lines = (results: readonly OutputResult[]) =>
  results.flatMap((r) => (r.kind === 'line' ? [`${r.category} ${r.text}`] : []));
const read = (...input: OutputLine[]) => new OutputParser().read(input);

describe('the output parser', () => {
  test('passes text on and takes messages out, wherever they stand in a line (R203)', () => {
    expect(read(out(`a${setVariable('N', 'v w')}b`))).toEqual([
      { kind: 'line', source: 'StdOut', category: 'Info', atMs: 1, text: 'a', continues: false },
      { kind: 'setVariable', name: 'N', value: 'v w', sensitive: false },
      { kind: 'line', source: 'StdOut', category: 'Info', atMs: 1, text: 'b', continues: false },
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

  test('what a script declares to be no error on stderr is none, nor is what it logs as an error on stdout', () => {
    const parser = new OutputParser();
    parser.read([err('##octopus[stderr-progress]'), err('50 %'), err('##octopus[stderr-ignore]'), err('x')]);
    expect(lines(parser.read([out('##octopus[stdout-error]'), out('bad')]))).toEqual(['Error bad']);
    expect(parser.hasErrors).toBe(false);
    expect(lines(parser.read([err('##octopus[stderr-default]'), err('x')]))).toEqual(['Error x']);
    expect(parser.hasErrors).toBe(true);
  });

  test('a message that another stream interrupts was text, line by line', () => {
    expect(lines(read(out('a'), out('##octopus[setVar'), out('b'), err('x'), out('y')))).toEqual([
      'Info a',
      'Info ##octopus[setVar',
      'Info b',
      'Error x',
      'Info y',
    ]);
  });

  test('a line of the agent interrupts nothing', () => {
    const [first, rest] = [setVariable('N', 'v').slice(0, 20), setVariable('N', 'v').slice(20)];
    const results = read(out(first), { source: 'Debug', atMs: 1, text: 'note' }, out(rest));
    expect(results).toMatchObject([
      { kind: 'line', category: 'Verbose', text: 'note' },
      { kind: 'setVariable', name: 'N' },
    ]);
  });

  test.each([
    ['an attribute that is no base64', `##octopus[setVariable name='%%%' value='x']`],
    ['no name', '##octopus[]'],
    ['garbage behind the name', '##octopus[setVariable <>]'],
    ['an open quote', `##octopus[setVariable name='${b64('N')} value='x']`],
    ['quotes of two kinds', `##octopus[setVariable name='${b64('N')}"]`],
    ['a value without quotes', '##octopus[setVariable name=Tg==]'],
    ['half a base64 sign', `##octopus[mask value='QUJDR']`],
    ['a number as its name', '##octopus[1x]'],
  ])('%s: a warning, and the text is shown', (_, text) => {
    expect(lines(read(out(text)))).toEqual([`Warning Could not parse '${text}'`, `Info ${text}`]);
  });

  const at = (name: string, more: Readonly<Record<string, string>> = {}) =>
    `##octopus[${[name, ...Object.entries(more).map(([key, value]) => `${key}='${b64(value)}'`)].join(' ')}]`;

  test.each([
    [at('setVariable', { name: 'N', value: 'v', sensitive: 'True' }), { kind: 'setVariable', sensitive: true }],
    [at('createArtifact', { path: '/a/b', name: 'b', length: '3' }), { kind: 'createArtifact', path: '/a/b' }],
    [at('progress', { percentage: '250', message: 'm' }), { kind: 'progress', percentage: 100, message: 'm' }],
    [at('resultMessage', { message: 'why' }), { kind: 'resultMessage', message: 'why' }],
    [
      at('resultMessage', { message: 'why', code: 'OCTO_X', hint: 'do' }),
      { kind: 'resultMessage', failure: { code: 'OCTO_X', message: 'why', hint: 'do' } },
    ],
    [at('mask', { value: 's3cret' }), { kind: 'mask', value: 's3cret' }],
  ])('%s is carried out (calamari.md 2.2)', (text, result) => {
    expect(read(out(text))).toMatchObject([result]);
    const parser = new OutputParser(); // the same, one sign after the other
    const pieces = text.split('').map(cut);
    expect([...parser.read(pieces), ...parser.read([out('')])].filter((r) => r.kind !== 'line')).toMatchObject([
      result,
    ]);
  });

  test.each(
    'set-environmentstate create-awsaccount create-azureaccount create-userpassaccount create-tokenaccount create-azurewebapptarget create-kubernetestarget create-azureservicefabrictarget create-aws-ecs-target createStepPackageTarget delete-target k8s-status k8s-manifest-applied argocd-files-updated pull-request-created'
      .split(' ')
      .map((name) => [name]),
  )('%s is known, cannot be carried out, and a warning says so (calamari.md 2.2)', (name) => {
    expect(lines(read(out(at(name, { name: 'x' }))))).toEqual([
      expect.stringContaining(`Warning The service message ${name} has no effect: octo does not keep`),
    ]);
  });

  test.each([
    ['calamari-found-package', 1],
    ['foundPackage', 1],
    ['deltaVerification', 1],
    ['calamari-timed-operation', 0],
    ['calamari-deployment-metric', 0],
    ['calamari-script-isolation-alert', 0],
  ])('%s leaves %s verbose notes and nothing else (calamari.md 2.2)', (name, notes) => {
    const shown = lines(read(out(at(name))));
    expect(shown).toHaveLength(notes);
    for (const line of shown) expect(line).toMatch(/^Verbose .* no package is on its way$/);
  });

  test('an unknown message has no effect and a verbose note; one without a value is ignored', () => {
    expect(lines(read(out('##octopus[rockets]')))).toEqual([
      'Verbose The service message rockets is not understood and has no effect',
    ]);
    expect(read(out(`##octopus[setVariable name='${b64('N')}']`))).toEqual([]);
  });

  test('what is left unfinished at the end was text', () => {
    const parser = new OutputParser();
    parser.read([out('##octopus[never'), out('more')]);
    expect(lines(parser.end(2))).toEqual(['Info ##octopus[never', 'Info more']);
    expect(parser.end(3)).toEqual([]);
  });
});

describe('lines that the machine side cuts (R203)', () => {
  /** Lines as people read them: what was cut is put together again. */
  function joined(results: readonly OutputResult[]): string[] {
    const whole: string[] = [];
    let isOpen = false;
    for (const r of results) {
      if (r.kind !== 'line' || r.source !== 'StdOut') continue;
      if (isOpen) whole[whole.length - 1] += r.text;
      else whole.push(r.text);
      isOpen = r.continues;
    }
    return whole;
  }
  const said = (results: readonly OutputResult[]) => results.filter((r) => r.kind !== 'line');

  test.each([
    `a # b ##octo ${setVariable('Name', 'v')}##${setVariable('M', 'w')} tail ##`,
    setVariable('Name', 'value'),
    `#${setVariable('Name', 'v')}${setVariable('M', '')}`,
    '',
    '##',
  ])('come to the same wherever they are cut, whatever the other stream writes meanwhile: %s', (whole) => {
    const expected = read(out(whole), out('next'));
    for (let a = 0; a <= whole.length; a++)
      for (const b of [a, Math.min(a + 3, whole.length), whole.length]) {
        const input = [cut(whole.slice(0, a)), cut(whole.slice(a, b)), out(whole.slice(b)), out('next')];
        for (const lines of [input, input.flatMap((line) => [line, err('meanwhile')])]) {
          const results = lines.reduce<{ parser: OutputParser; all: OutputResult[] }>(
            ({ parser, all }, line) => ({
              all: [...all, ...parser.read([line])],
              parser: new OutputParser(JSON.parse(JSON.stringify(parser.state()))),
            }),
            { parser: new OutputParser(), all: [] },
          ).all;
          expect(said(results)).toEqual(said(expected));
          expect(joined(results)).toEqual(joined(expected));
        }
      }
  });

  test('a cut line is always closed, in its category, before a message changes the mode', () => {
    const results = read(cut('quiet'), cut('##octopus[stdout-warning]'), out('loud'));
    expect(results).toMatchObject([
      { category: 'Info', text: 'quiet', continues: true },
      { category: 'Info', text: '', continues: false },
      { category: 'Warning', text: 'loud', continues: false },
    ]);
  });
});

describe('hostile output', () => {
  const MiB = 1024 * 1024;

  test('five megabytes in one message take linear time', () => {
    const value = 'x'.repeat(5_000_000);
    const text = setVariable('N', value);
    const pieces = Array.from({ length: 5 + text.length / 1000 }, (_, n) => cut(text.slice(n * 1000, n * 1000 + 1000)));
    for (const results of [read(out(text)), read(...pieces, out(''))]) {
      expect(results.map((r) => r.kind)).toEqual(['setVariable']);
      expect(results[0]?.kind === 'setVariable' && results[0].value === value).toBe(true);
    }
  });

  test('five megabytes in one plain line pass as one line', () => {
    const [line] = read(out('y'.repeat(5_000_000)));
    expect(line?.kind === 'line' && line.text.length).toBe(5_000_000);
  });

  test('what is held back is bounded: beyond 16 MiB it was text', () => {
    const parser = new OutputParser();
    parser.read([out('##octopus[setVariable name=')]);
    const results: OutputResult[] = [];
    for (let n = 0; n < 17; n++) results.push(...parser.read([out('x'.repeat(MiB))]));
    expect(results.length).toBe(18);
    expect(parser.state().streams.StdOut.held).toEqual([]);
  });

  test.each([
    ['blanks', '##octopus[a' + ' '.repeat(15 * MiB) + ']'],
    ['an endless name', '##octopus[' + 'a'.repeat(15 * MiB) + ']'],
    ['an endless key', '##octopus[a ' + 'b'.repeat(15 * MiB) + ']'],
    ['keys and blanks', '##octopus[a ' + 'b '.repeat(5 * MiB) + ']'],
    ['an endless value', "##octopus[a b='" + '='.repeat(15 * MiB) + ']'],
    ['marks', '##octopus['.repeat(1_500_000)],
    ['empty messages', '##octopus[]'.repeat(1_000_000)],
    ['hashes', '#'.repeat(15 * MiB)],
  ])('%s take linear time: so much of them ends before the limit of the runner', (_, text) => {
    const parser = new OutputParser();
    parser.read([cut(text), out('')]);
    parser.end(0);
    expect(parser.state().streams.StdOut.held).toEqual([]);
  });
});
