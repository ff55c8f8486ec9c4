import { type Script } from '@octo/kernel';
import { runLaunch, textBytes } from '@octo/testkit';
import { OutputParser, type Variable, VariableSet } from '@octo/variables';
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { makeLaunch } from './launch.ts';

const hasPython = (() => {
  try {
    return execFileSync('python3', ['--version'], { encoding: 'utf8', stdio: 'pipe' }).startsWith('Python 3');
  } catch {
    return false;
  }
})();
const QUIET = { name: 'Octopus.Action.Script.SuppressEnvironmentLogging', value: 'True' };

function launchOf(body: string, variables: readonly Variable[] = [], more: Partial<Script> = {}) {
  return makeLaunch({
    script: { syntax: 'Python', body, ...more },
    variables: new VariableSet(variables),
    taskId: 'ServerTasks-1',
    isolation: { exclusive: false, mutex: 'RunningScript' },
    fence: 1,
  });
}
async function run(body: string, variables: readonly Variable[] = [], more: Partial<Script> = {}) {
  const ran = await runLaunch(launchOf(body, [QUIET, ...variables], more));
  const lines = ran.stdout.split('\n').slice(0, -1);
  return { ...ran, results: new OutputParser().read(lines.map((text) => ({ source: 'StdOut', atMs: 0, text }))) };
}

const NASTY = [
  'plain',
  '',
  ' a  b ',
  'it\'s "x" `y` $(id) $HOME \\ \\n %s',
  'two\nlines\n',
  'a\r\nb',
  '漢字 🐙',
  '\u0001',
  'x'.repeat(300),
];

describe.skipIf(!hasPython)('Python (needs python3)', () => {
  test('every value arrives as it is; names are case-sensitive, an unknown one is empty (calamari.md 1b)', async () => {
    const body = `import json
print(json.dumps([octopusvariables[k] for k in sorted(octopusvariables) if k.startswith('V')]))
print(json.dumps([get_octopusvariable('V0'), get_octopusvariable('v0'), get_octopusvariable('nobody')]))`;
    const { stdout } = await run(
      body,
      NASTY.map((value, n) => ({ name: `V${n}`, value })),
    );
    const [all, some] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as string[]);
    expect(all).toEqual(NASTY);
    expect(some).toEqual(['plain', '', '']);
  });

  test('no value is in argv, environment or a file while user code runs (R243)', async () => {
    const body = `import os, glob
texts = [open('/proc/self/' + f, 'rb').read() for f in ('cmdline', 'environ')]
texts += [open(f, 'rb').read() for f in glob.glob('.*') + glob.glob('*') if os.path.isfile(f) and not f.startswith('Script')]
print(any(b'S3CRET' in t or b'WORD' in t for t in texts), get_octopusvariable('Password') == 'S3CRET', __import__('sys').argv)`;
    const { stdout } = await run(body, [{ name: 'Password', value: 'S3CRET', sensitive: true }], {
      parameters: 'WORD',
    });
    expect(stdout).toBe("False True ['Script.py', 'WORD']\n");
  });

  test('the helper functions say what the table says', async () => {
    const body = `
set_octopusvariable('A', 'ünï')
set_octopusvariable('B', 's', True)
print(octopusvariables['A'])
open('r.txt', 'w').write('four')
createartifact('r.txt')
createartifact('later.txt', 'L')
updateprogress(30, 'third')
updateprogress(40)
printverbose('v'); printhighlight('h'); printwait('w'); printwarning('x')
print(decode(encode('é')))
failstep('enough')`;
    const { results, exitCode } = await run(body);
    expect(exitCode).toBe(255);
    const said = results.map((r) => (r.kind === 'line' ? `${r.category} ${r.text}` : r));
    expect(said).toMatchObject([
      { kind: 'setVariable', name: 'A', value: 'ünï', sensitive: false },
      { kind: 'setVariable', name: 'B', value: 's', sensitive: true },
      'Info ünï',
      'Info Collecting r.txt as an artifact...',
      { kind: 'createArtifact', name: 'r.txt', path: expect.stringMatching(/^\/.*r\.txt$/) },
      expect.stringContaining('Verbose There is no file'),
      'Info Collecting L as an artifact...',
      { kind: 'createArtifact', name: 'L' },
      { kind: 'progress', percentage: 30, message: 'third' },
      { kind: 'progress', percentage: 40, message: '' },
      'Verbose v',
      'Highlight h',
      'Wait w',
      'Warning x',
      'Info é',
      { kind: 'resultMessage', message: 'enough' },
    ]);
  });

  test('parameters are parsed by the shell, whatever their quoting', async () => {
    const parameters = `"two words" 'it'\\''s' plain\\ blank "" '$HOME' "a\\"b" $((1+1)) '#{Name}' 'é
line' *.none`;
    const { stdout } = await run(
      'import sys, json; print(json.dumps(sys.argv[1:]))',
      [{ name: 'Name', value: 'Ada' }],
      { parameters },
    );
    expect(JSON.parse(stdout)).toEqual([
      'two words',
      "it's",
      'plain blank',
      '',
      '$HOME',
      'a"b',
      '2',
      'Ada',
      'é\nline',
      '*.none',
    ]);
  });

  test.each([
    ['its own code', 'import sys; sys.exit(7)', 7, ''],
    ['a sentence', 'import sys; sys.exit("went wrong")', 1, 'went wrong\n'],
    ['nothing', 'pass', 0, ''],
  ])('it ends with %s', async (_, body, exitCode, stderr) => {
    expect(await run(body)).toMatchObject({ exitCode, stderr });
  });

  test('a traceback shows the script alone, as if it were run directly', async () => {
    const { stderr, exitCode } = await run('def f():\n  raise ValueError("no")\nf()');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^Traceback .*\n {2}File "Script.py", line 3, in <module>/);
    expect(stderr).toMatch(/ValueError: no\n$/);
    expect(stderr).not.toContain('octo_bootstrap');
    expect((await run('def f(:\n')).stderr).toContain('SyntaxError');
  });

  test('it is __main__, finds modules beside it and in a folder, and script modules', async () => {
    const files = [
      { name: 'beside.py', content: textBytes('WHERE = "beside"\n') },
      { name: 'sub/near.py', content: textBytes('WHERE = "near"\n') },
    ];
    const modules = [
      { name: 'Octopus.Script.Module[My tools!]', value: 'def hi(): return "hi #{Name}"' },
      { name: 'Octopus.Script.Module.Language[My tools!]', value: 'Python' },
      { name: 'Octopus.Script.Module[Other]', value: 'PowerShell text' },
      { name: 'Name', value: 'Ada' },
    ];
    const body = `import beside, near, Mytools
print(__name__, __file__, beside.WHERE, near.WHERE, Mytools.hi(), sorted(k for k in octopusvariables if 'Module' in k))`;
    const { stdout, stderr } = await run(body, modules, { files, fileName: 'sub/main.py' });
    expect(stderr).toBe('');
    expect(stdout).toBe('__main__ sub/main.py beside near hi Ada []\n');
  });

  test('files beside it that are called like modules of the library do no harm to the start, nor does a module called Script', async () => {
    const files = ['json', 'base64', 'types', 'os'].map((name) => ({
      name: `${name}.py`,
      content: textBytes('raise Exception("mine")'),
    }));
    const modules = [
      { name: 'Octopus.Script.Module[Script]', value: 'print("the module")' },
      { name: 'Octopus.Script.Module.Language[Script]', value: 'Python' },
    ];
    expect((await run('print("mine")', modules, { files })).stdout).toBe('mine\n');
  });

  test('5 MB in one line and 5 MB in one message arrive whole', async () => {
    const body = `print('x' * 5000000)\nset_octopusvariable('Big', 'y' * 5000000)`;
    const { results } = await run(body);
    expect(
      results.map((r) => (r.kind === 'line' ? r.text.length : r.kind === 'setVariable' && r.value.length)),
    ).toEqual([5_000_000, 5_000_000]);
  });

  test('the version is said, verbose, unless that is suppressed', async () => {
    const { stdout } = await runLaunch(launchOf('pass'));
    expect(stdout).toMatch(/^##octopus\[stdout-verbose\]\nPython 3\.\d+/);
  });
});

test('where there is no python3 one sentence says so, and the exit code is that of a missing command', async () => {
  const launch = launchOf('pass');
  const bash = `PATH=/nowhere\n${launch.body.bash}`;
  const { exitCode, stderr } = await runLaunch({ ...launch, body: { bash } });
  expect(exitCode).toBe(127);
  expect(stderr).toContain('octo: there is no python3 on the PATH of this machine');
});
