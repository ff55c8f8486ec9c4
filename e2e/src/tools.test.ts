import { cp, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SSHD, SshServer } from '@octo/testkit/ssh';
import { collect, finished, Home, kill, stateOf, textsOf } from './setup/octo.ts';
import { until } from './setup/wait.ts';

const root = new URL('../../', import.meta.url).pathname;

/** A home with the example plugin switched on, and a folder of three files to sum up. */
async function open(): Promise<Home> {
  const home = await Home.open();
  const modules = join(home.dir, 'home', 'plugins', 'node_modules');
  await mkdir(join(modules, '@octo'), { recursive: true });
  await cp(join(root, 'examples/checksums'), join(modules, 'octo-example-checksums'), { recursive: true });
  await symlink(join(root, 'libs/kernel'), join(modules, '@octo/kernel'));
  await symlink(join(root, 'node_modules/zod'), join(modules, 'zod'));
  const manifest = { dependencies: { 'octo-example-checksums': '*' } };
  await writeFile(join(home.dir, 'home', 'plugins', 'package.json'), JSON.stringify(manifest));
  await mkdir(join(home.dir, 'in'));
  for (const name of ['a', 'b', 'c']) await writeFile(join(home.dir, 'in', name), name);
  await writeProcess(home, {});
  return home;
}
async function writeProcess(home: Home, more: Readonly<Record<string, string>>): Promise<void> {
  const properties = {
    'Example.Checksums.Folder': join(home.dir, 'in'),
    'Example.Checksums.Ledger': join(home.dir, 'ledger'),
    ...more,
  };
  const process = [
    { name: 'Sum', type: 'Example.Checksums', properties },
    {
      name: 'After',
      type: 'Octopus.Script',
      properties: { 'Octopus.Action.Script.ScriptBody': 'echo "files: #{Octopus.Action[Sum].Output.Files}"' },
    },
  ];
  await writeFile(join(home.dir, 'process.json'), JSON.stringify(process));
}
const ledger = async (home: Home) => (await readFile(join(home.dir, 'ledger'), 'utf8')).trim().split('\n');

test('step code runs on the worker: output, progress, artifact, later steps; its bundle is brought there once', async () => {
  await using home = await open();
  const first = await home.run(['run', '--process', 'process.json', '--verbose']);
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('files: 3') });
  expect(first.stderr + first.stdout).toMatch(/3 files, [0-9a-f]{12}/);
  expect(first.stderr).toContain('artifact checksums.txt: octo artifact get Artifacts-1');
  const report = await home.run(['artifact', 'get', 'Artifacts-1', '--output', 'sums.txt']);
  expect(report.code).toBe(0);
  expect(await readFile(join(home.dir, 'sums.txt'), 'utf8')).toMatch(/^[0-9a-f]{64} {2}a\n[0-9a-f]{64} {2}b\n/);

  const cache = join(home.data, 'machine', 'files', 'tools', 'checksums');
  const bundle = (await import('node:fs')).readdirSync(cache).find((name) => name.endsWith('.mjs'))!;
  const before = await stat(join(cache, bundle));
  expect((await home.run(['run', '--process', 'process.json'])).code).toBe(0);
  expect((await stat(join(cache, bundle))).ino).toBe(before.ino);
  expect(await ledger(home)).toHaveLength(2);
});

test('an error of the tool comes back with its code, sentence and hint', async () => {
  await using home = await open();
  await writeProcess(home, { 'Example.Checksums.Folder': '/no/such/folder' });
  const { code, stdout, stderr } = await home.run(['run', '--process', 'process.json']);
  expect(code).toBe(1);
  expect(stdout + stderr).toContain('the folder /no/such/folder cannot be read: ENOENT (name a folder of the worker)');
  const shown = JSON.parse((await home.run(['task', 'show', 'ServerTasks-1', '--json'])).stdout);
  expect(shown.errorCode).toBe('OCTO_EXAMPLE_FOLDER');
});

test('a cancel reaches the tool as its signal, and its end is seen', async () => {
  await using home = await open();
  await writeProcess(home, { 'Example.Checksums.PauseMs': '30000' });
  const run = home.start(['run', '--process', 'process.json', '--verbose']);
  const output = collect(run);
  const result = finished(run);
  await until('the tool is at work', async () => /\ba [0-9a-f]{64}/.test(output.stdout + output.stderr));
  run.kill('SIGINT');
  const { code, stdout, stderr } = await result;
  expect(code).toBe(130);
  expect(stdout + stderr).toMatch(/Stopped the script on Built-in worker: all of it was seen dead/);
});

test('kill -9 of the server in the middle: one entry in the ledger, one run of the tool, and a truthful end', async () => {
  await using home = await open();
  await writeProcess(home, { 'Example.Checksums.PauseMs': '1500' });
  const server = await home.serve();
  const env = { OCTO_URL: server.url, OCTO_API_KEY: server.key };
  const { stdout } = await home.run(['run', '--process', 'process.json', '--no-follow'], env);
  const taskId = stdout.trim();
  const begun = async () => (await textsOf(server, taskId)).some((text) => /\ba [0-9a-f]{64}/.test(text));
  await until('the tool has begun', begun);
  await kill(server.child);
  const again = await home.serve();
  const next = { OCTO_URL: again.url, OCTO_API_KEY: again.key };
  await until('the task ends', async () => /Success|Failed|Canceled/.test(await stateOf(again, taskId)));
  const lines = (await home.run(['task', 'log', taskId, '--raw'], next)).stdout.split('\n');
  expect(lines.filter((line) => /\b[abc] [0-9a-f]{64}/.test(line))).toHaveLength(3);
  expect(lines.filter((line) => line.includes('files: 3'))).toHaveLength(1);
  expect(await ledger(home)).toHaveLength(1);
});

test.skipIf(SSHD === undefined)(
  'a machine that has only sshd gets Node and the tool, each once, and runs it',
  async () => {
    await using home = await open();
    await using server = await SshServer.start();
    await home.serve();
    const key = join(server.dir, 'user');
    for (const args of [
    ['pool', 'add', 'ssh'],
    ['account', 'add', 'ssh-key', 'me', '--username', server.username, '--private-key-file', key],
    ['worker', 'add', 'ssh', 'bare', '--host', '127.0.0.1', '--port', String(server.port), '--account', 'me', '--pool', 'ssh', '--fingerprint', server.fingerprint(), '--folder', `${server.home}/octo`, '--wait'],
  ]) expect(await home.run(args)).toMatchObject({ code: 0 }); // prettier-ignore
    const first = await home.run(['run', '--process', 'process.json', '--pool', 'ssh', '--verbose']);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('files: 3') as string });
    const files = async () => (await readdir(join(server.home, 'octo'), { recursive: true })).filter((name) => /^(node|tools)\/.*\.(ok|mjs)$/.test(name)); // prettier-ignore
    const there = await files();
    expect(there).toHaveLength(3); // the tool, and two that say: whole
    expect((await home.run(['run', '--process', 'process.json', '--pool', 'ssh'])).code).toBe(0);
    expect(await files()).toEqual(there);
    expect(await ledger(home)).toHaveLength(2);
  },
  120_000,
);
