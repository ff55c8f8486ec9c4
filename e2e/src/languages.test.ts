import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Home } from './setup/octo.ts';

const hasPython = (() => {
  try {
    return execFileSync('python3', ['--version'], { stdio: 'pipe' }).length > 0;
  } catch {
    return false;
  }
})();

test.skipIf(!hasPython)(
  'Python end to end (needs python3): output and sensitive variables, artifact, progress, levels, later steps',
  async () => {
    await using home = await Home.open();
    const body = `
set_octopusvariable('Greeting', 'hello ' + get_octopusvariable('Name'))
set_octopusvariable('Token', 'tok-5ecret-tok', True)
print('never shown: tok-5ecret-tok, ' + get_octopusvariable('Password'))
open('r.txt', 'w').write('report'); createartifact('r.txt')
updateprogress(50, 'half'); printwarning('careful'); printverbose('quiet'); printhighlight('look')
`;
    const process = [
      {
        name: 'Py',
        type: 'Octopus.Script',
        properties: { 'Octopus.Action.Script.ScriptBody': body, 'Octopus.Action.Script.Syntax': 'Python' },
      },
      {
        name: 'Sh',
        type: 'Octopus.Script',
        properties: {
          'Octopus.Action.Script.ScriptBody':
            'echo "#{Octopus.Action[Py].Output.Greeting} #{Octopus.Action[Py].Output.Token}"',
        },
      },
    ];
    await writeFile(join(home.dir, 'process.json'), JSON.stringify(process));
    const args = ['run', '--process', 'process.json', '--var', 'Name=Ada', '--secret', 'PASSWORD'];
    const result = await home.run(args, { PASSWORD: 'hunter2-hunter2' });
    expect(result.code).toBe(0);
    const all = result.stdout + result.stderr;
    expect(all).toContain('hello Ada ********');
    expect(all).not.toContain('5ecret');
    expect(all).not.toContain('hunter2');
    expect(all).toContain('careful');
    expect(all).toContain('look');
    expect(all).not.toContain('quiet');
    expect(all).toContain('artifact r.txt: octo artifact get Artifacts-1');
    const { stdout } = await home.run(['task', 'log', '1', '--raw']);
    expect(stdout).toMatch(/Verbose.*quiet/);
  },
);

test.skipIf(!hasPython)('the language follows the name of the file (needs python3)', async () => {
  await using home = await Home.open();
  await writeFile(join(home.dir, 'say.py'), 'import sys\nprint("py", sys.argv[1:])\n');
  expect((await home.run(['run', '--file', 'say.py', '--parameters', '"a b" c'])).stdout).toBe("py ['a b', 'c']\n");
});

test('PowerShell where there is none fails with a sentence, not with a riddle', async () => {
  await using home = await Home.open();
  const { code, stderr } = await home.run(['run', 'Write-Host hi', '--syntax', 'PowerShell'], {
    PATH: '/usr/bin:/bin',
  });
  if (code === 0) return; // there is one
  expect(stderr).toContain('there is no pwsh on the PATH of this machine');
});

test('a message of 5 MB and a line of 5 MB pass through a real worker', async () => {
  await using home = await Home.open();
  const body = `head -c 5000000 /dev/zero | tr '\\0' x; echo
printf '##octopus[setVariable name=%s value=%s]\\n' "'$(printf Big | base64)'" "'$(head -c 5000001 /dev/zero | tr '\\0' y | base64 -w0)'"`;
  const process = [
    { name: 'A', type: 'Octopus.Script', properties: { 'Octopus.Action.Script.ScriptBody': body } },
    {
      name: 'B',
      type: 'Octopus.Script',
      properties: { 'Octopus.Action.Script.ScriptBody': "get_octopusvariable 'Octopus.Action[A].Output.Big' | wc -c" },
    },
  ];
  await writeFile(join(home.dir, 'process.json'), JSON.stringify(process));
  const { code, stdout } = await home.run(['run', '--process', 'process.json']);
  expect(code).toBe(0);
  const lines = stdout.trim().split('\n');
  expect(lines.slice(0, -1).join('').length).toBe(5_000_000); // in pieces of 1 MiB: a page has a bounded size
  expect(lines.at(-1)!.trim()).toBe('5000001');
});
