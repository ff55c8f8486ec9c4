import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { collect, Home, type Server } from './setup/octo.ts';
import { until } from './setup/wait.ts';

// An update of a running agent from its server (I17, R104). The new version is this very build under another number.
const CLI = new URL('../../cli/', import.meta.url).pathname;
// A path without what else is installed here: the first check of a machine asks each tool for its version.
const machine = (home: Home) => ({
  TentacleMachineConfigurationHomeDirectory: join(home.dir, 'machine'),
  PATH: '/usr/bin:/bin',
});

/** A program that is this build, but says another version; `spoil` breaks what its agent does. */
async function otherVersion(home: Home, version: string, spoil?: string): Promise<void> {
  const folder = join(home.dir, `cli-${version}`);
  await cp(join(CLI, 'dist/bundle'), join(folder, 'dist/bundle'), { recursive: true });
  await cp(join(CLI, 'bin'), join(folder, 'bin'), { recursive: true });
  await cp(join(CLI, 'package.json'), join(folder, 'package.json'));
  for (const name of await readdir(join(folder, 'dist/bundle'))) {
    if (!name.endsWith('.js')) continue;
    const file = join(folder, 'dist/bundle', name);
    const text = await readFile(file, 'utf8');
    if (text.includes('"0.1.0"')) await writeFile(file, text.replaceAll('"0.1.0"', `"${version}"`));
  }
  const agents = join(home.data, 'agents');
  await mkdir(agents, { recursive: true });
  const program = join(agents, `tentacle-${version}-linux-${process.arch}`);
  const broken = spoil === undefined ? '' : `case "$1 $2" in agent*|"tentacle agent"*) ${spoil} ;; esac\n`;
  const words = `[ "$1" = tentacle ] && shift\n`;
  await writeFile(program, `#!/bin/sh\n${broken}${words}exec '${process.execPath}' '${folder}/bin/tentacle.js' "$@"\n`);
  await chmod(program, 0o755);
}

async function joined(home: Home, { api }: Server) {
  const pool = { method: 'POST', path: '/api/workerpools', body: { Name: 'linux' } } as const;
  expect(await api.raw(pool, AbortSignal.timeout(10_000))).toMatchObject({ status: 201 });
  const { stdout } = await home.run(['worker', 'join-token', 'create', '--pool', 'linux', '--quiet']);
  const [, ...words] = stdout.trim().split(' ');
  expect(await home.run(['tentacle', ...words, '--name', 'w1'], machine(home))).toMatchObject({ code: 0 });
}
async function agent(home: Home) {
  const child = home.start(['tentacle', 'agent', '--noninteractive'], machine(home));
  const output = collect(child);
  await until('the agent is up', async () => /Connected to/.test(output.stdout));
  return { child, output };
}
const versionOf = async (home: Home) =>
  (JSON.parse((await home.run(['worker', 'show', 'w1', '--json'])).stdout) as { condition: { agentVersion: string } }).condition.agentVersion; // prettier-ignore

test('an agent becomes the new version beside a running script, which loses no line; the next start is the new one, too', async () => {
  await using home = await Home.open();
  await joined(home, await home.serve());
  const { child, output } = await agent(home);
  expect(await home.run(['worker', 'check', 'w1', '--wait'])).toMatchObject({ code: 0 });
  expect(await versionOf(home)).toBe('octo agent 0.1.0');
  await otherVersion(home, '0.2.0');
  const running = home.start([
    'run',
    '--pool',
    'linux',
    'for n in $(seq 1 60); do echo "line $n"; sleep 0.1; done; exit 4',
  ]);
  const lines = collect(running);
  await until('the script has begun', async () => lines.stdout.includes('line 3'));
  const updated = await home.run(['worker', 'update', 'w1', '--wait']);
  expect({ ...updated, agent: output }).toMatchObject({ code: 0 });
  expect(updated.stderr).toContain('w1 is octo agent 0.2.0 now; it was 0.1.0');
  await until('the script has ended', async () => running.exitCode !== null);
  expect(lines.stdout.match(/line \d+/g)).toEqual(Array.from({ length: 60 }, (_, n) => `line ${n + 1}`));
  expect(child.exitCode).toBeNull(); // for a service manager it is the process that it started
  expect(await versionOf(home)).toBe('octo agent 0.2.0');
  expect(await home.run(['worker', 'update', 'w1', '--wait'])).toMatchObject({ code: 0 }); // nothing is older now

  child.kill('SIGKILL');
  await agent(home);
  expect(await home.run(['worker', 'check', 'w1', '--wait'])).toMatchObject({ code: 0 });
  expect(await versionOf(home)).toBe('octo agent 0.2.0');
}, 120_000);

test('a version that does not stay up is not kept: the old one serves again, and the server knows why', async () => {
  await using home = await Home.open();
  await joined(home, await home.serve());
  const { output } = await agent(home);
  expect(await home.run(['worker', 'check', 'w1', '--wait'])).toMatchObject({ code: 0 });
  await otherVersion(home, '0.3.0', 'exit 9');
  const failed = await home.run(['worker', 'update', 'w1', '--wait']);
  expect(failed).toMatchObject({ code: 1 });
  expect(failed.stderr).toContain('w1 stays at 0.1.0: it ended by itself (exit code 9)');
  expect(output.stdout).toContain('Version 0.3.0 is not kept');
  expect(await home.run(['run', '--pool', 'linux', 'echo still here'])).toMatchObject({
    code: 0,
    stdout: 'still here\n',
  });

  await otherVersion(home, '0.4.0');
  const liar = join(home.data, 'agents', `tentacle-0.5.0-linux-${process.arch}`);
  await writeFile(liar, '#!/bin/sh\necho 0.4.0\n');
  await chmod(liar, 0o755);
  const lied = await home.run(['worker', 'update', 'w1', '--wait']);
  expect(lied.stderr).toContain('it says that it is 0.4.0, not 0.5.0');
}, 120_000);

test('kill -9 in the middle of an update leaves an agent that starts', async () => {
  await using home = await Home.open();
  await joined(home, await home.serve());
  const first = await agent(home);
  expect(await home.run(['worker', 'check', 'w1', '--wait'])).toMatchObject({ code: 0 });
  await otherVersion(home, '0.2.0', 'exec sleep 100');
  const updating = home.start(['worker', 'update', 'w1', '--wait']);
  await until('it is on probation', async () => first.output.stdout.includes('serves on probation'));
  first.child.kill('SIGKILL');
  await agent(home);
  updating.kill('SIGKILL');
  expect(await home.run(['run', '--pool', 'linux', 'echo well'])).toMatchObject({ code: 0, stdout: 'well\n' });
  expect(await versionOf(home)).toBe('octo agent 0.1.0');
}, 120_000);
