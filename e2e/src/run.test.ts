import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { finished, Home } from './setup/octo.ts';

const example = new URL('../../examples/hello/', import.meta.url).pathname;

test('a bare machine runs a script: no server, no account, no file to write', async () => {
  await using home = await Home.bare();
  const { code, stdout, stderr } = await home.run(['run', 'echo hi from $((6*7)); echo oops >&2']);
  expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: 'hi from 42\n' });
  expect(stderr).toContain('oops');
});

test('whoever reads it may leave: the command ends without a word', async () => {
  await using home = await Home.open();
  const child = home.start(['help']);
  child.stdout?.destroy();
  const { code, stderr } = await finished(child);
  expect({ code, stderr }).toEqual({ code: 141, stderr: '' });
});

test('a failing script fails the task, and the exit code says so', async () => {
  await using home = await Home.open();
  const { code, stderr } = await home.run(['run', 'fail_step "the disk is full"']);
  expect(code).toBe(1);
  expect(stderr).toContain('the disk is full');
});

test.each([
  ['an unknown pool', ['run', 'true', '--pool', 'Windows'], 'OCTO_POOL_NOT_FOUND'],
  ['a variable without a value', ['run', 'true', '--var', 'Name'], ''],
  ['an unknown flag', ['run', '--colour'], ''],
])('%s is wrong usage or a named failure, and nothing runs', async (_, args, code) => {
  await using home = await Home.open();
  const result = await home.run(args);
  expect([1, 2]).toContain(result.code);
  expect(result.stderr).toContain(code);
  expect(result.stdout).toBe('');
});

test('the example passes an output on, keeps an artifact, and masks the secret everywhere (R203, R243, R244)', async () => {
  await using home = await Home.open();
  const secret = (await readFile(join(example, 'password.txt'), 'utf8')).trim();
  const args = ['--process', join(example, 'process.json'), '--var', 'Customer=acme'];
  const run = await home.run(['run', ...args, '--secret', `Password=@${join(example, 'password.txt')}`, '--json']);
  expect(run).toMatchObject({ code: 0 });
  const raw = await home.run(['task', 'log', '1', '--raw']);
  expect(raw.stdout).toMatch(/Reporting on 1\.0\.\d+ with: quoted words and plain/);
  expect(raw.stdout).toMatch(/published 1\.0\.\d+/);
  expect(raw.stdout).toContain('logging in with ********');
  const show = await home.run(['task', 'show', '1', '--json']);
  const insight = JSON.parse(show.stdout) as { artifacts: { id: string; name: string; sizeBytes: number }[] };
  expect(insight.artifacts).toMatchObject([
    { name: expect.stringMatching(/^report-1\.0/), sizeBytes: expect.any(Number) },
  ]);
  const artifact = await home.run(['artifact', 'get', insight.artifacts[0]!.id]);
  expect(artifact.stdout).toMatch(/^octo built 1\.0/);
  for (const output of [run, raw, show]) expect(output.stdout + output.stderr).not.toContain(secret);
});

test('several runs on one folder at once are sound: each takes its own task alone', async () => {
  await using home = await Home.bare();
  const results = await Promise.all(['a', 'b', 'c'].map((name) => home.run(['run', `echo ${name}; sleep 0.2`])));
  const well = (name: string) => ({ code: 0, stdout: `${name}\n` });
  expect(results).toMatchObject(['a', 'b', 'c'].map(well));
  const { stdout } = await home.run(['task', 'list', '--json']);
  expect((JSON.parse(stdout) as { items: unknown[] }).items).toHaveLength(3);
});

test('a script from a file and from stdin', async () => {
  await using home = await Home.open();
  await writeFile(join(home.dir, 'deploy.sh'), '#!/bin/bash\r\necho "from file $1"\r\n');
  const file = await home.run(['run', '--file', 'deploy.sh', '--parameters', '"two words"']);
  expect(file.stdout).toBe('from file two words\n');
});
