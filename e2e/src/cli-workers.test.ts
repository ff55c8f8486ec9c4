import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Home, type Result } from './setup/octo.ts';

const PRINT = 'AB'.repeat(20);
const listening = ['--uri', 'https://127.0.0.1:1/', '--thumbprint', PRINT];

async function open() {
  const home = await Home.open();
  await home.serve();
  /** Must succeed; answers with what it says. */
  const octo = async (...args: string[]): Promise<Result> => {
    const result = await home.run(args);
    expect({ args, ...result }).toMatchObject({ code: 0 });
    return result;
  };
  const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await octo(...args, '--json')).stdout) as T; // octo's own answer
  return { home, octo, json, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}
interface Wire {
  readonly id: string;
  readonly name: string;
  readonly workerPoolIds: readonly string[];
  readonly isDisabled: boolean;
  readonly endpoint: Readonly<Record<string, unknown>>;
}

test('workers are added, found by name in any case, changed, switched off and removed', async () => {
  await using it = await open();
  const { home, octo, json } = it;
  await octo('pool', 'add', 'linux');
  await writeFile(join(home.dir, 'key'), 'PRIVATE');
  await octo('account', 'add', 'ssh-key', 'deploy', '--username', 'me', '--private-key-file', 'key');
  const web = await json<Wire>('worker', 'add', 'listening', 'web-1', ...listening, '--pool', 'LINUX');
  expect(web).toMatchObject({ name: 'web-1', endpoint: { communicationStyle: 'TentaclePassive', Thumbprint: PRINT } });
  const ssh = ['--host', 'b1', '--account', 'DEPLOY', '--port', '2222', '--pool', 'linux,default-worker-pool'];
  const b1 = await json<Wire>('worker', 'add', 'ssh', '--name', 'b1', ...ssh, '--disabled');
  expect(b1).toMatchObject({ isDisabled: true, endpoint: { Host: 'b1', Port: 2222, AccountId: 'Accounts-1' } });
  expect(b1.workerPoolIds).toHaveLength(2);

  const edited = await json<Wire>('worker', 'edit', 'B1', '--rename', 'b2', '--host', 'b2', '--remove-pool', 'linux');
  expect(edited).toMatchObject({
    id: b1.id,
    name: 'b2',
    workerPoolIds: ['WorkerPools-1'],
    endpoint: { Host: 'b2', Port: 2222, Uri: 'ssh://b2:2222/' },
  });
  expect((await octo('worker', 'disable', 'web-1')).stdout).toBe('web-1 takes no more work\n');
  const list = await octo('worker', 'list');
  expect(list.stdout).toMatch(/web-1 +Disabled +linux +0 +- +never\n/);
  await octo('worker', 'enable', 'web-1', 'b2');
  await octo('worker', 'remove', 'web-1', 'b2', '--yes');
  expect((await json<{ workers: unknown[] }>('worker', 'list')).workers).toEqual([]);
});

test('unknown names bring the nearest; what is missing is named where nobody can be asked', async () => {
  await using it = await open();
  const { home, octo } = it;
  await octo('pool', 'add', 'linux-prod');
  const pool = await home.run(['worker', 'add', 'listening', 'w', ...listening, '--pool', 'linux-pord']);
  expect(pool).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "linux-prod"?') });
  const style = await home.run(['worker', 'add', 'lisening', 'w', '--pool', 'linux-prod']);
  expect(style.stderr).toContain('did you mean "listening"?');
  const member = await home.run([
    'worker',
    'add',
    'polling',
    'w',
    '--subscription',
    'poll://x/',
    '--pool',
    'linux-prod',
  ]);
  expect(member).toMatchObject({ code: 2, stderr: expect.stringContaining('give --thumbprint') });
  const noPool = await home.run(['worker', 'add', 'listening', 'w', ...listening]);
  expect(noPool).toMatchObject({ code: 2, stderr: expect.stringContaining('give --pool') });
  const sure = await home.run(['pool', 'remove', 'linux-prod']);
  expect(sure).toMatchObject({ code: 2, stderr: expect.stringContaining('give --yes') });
  const space = await home.run(['pool', 'list', '--space', 'defalt']);
  expect(space).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "Default"?') });
  expect((await octo('pool', 'list', '--space', 'DEFAULT')).stdout).toContain('linux-prod');
});

test('--wait follows the check and fails when the worker cannot be reached; help shows the flags of a style', async () => {
  await using it = await open();
  const args = ['worker', 'add', 'listening', 'w', ...listening, '--pool', 'default-worker-pool', '--wait'];
  expect(await it.home.run(args)).toMatchObject({ code: 1, stdout: expect.stringContaining('w is Unavailable') });
  await it.octo('worker', 'add', 'listening', 'other', ...listening, '--pool', 'default-worker-pool', '--disabled');
  const check = await it.home.run(['worker', 'check', 'W', 'other', '--wait']);
  expect(check).toMatchObject({ code: 1, stdout: expect.stringMatching(/^WORKER.*\nw +Unavailable/) });
  expect(check.stderr).toContain('not checked, for they are disabled: other');
  const checked = JSON.parse((await it.home.run(['worker', 'check', 'w', '--wait', '--json'])).stdout) as unknown;
  const [listed] = (await it.json<{ workers: { name: string }[] }>('worker', 'list')).workers.filter(
    (one) => one.name === 'w',
  );
  const same = ({ id, name, healthStatus }: Record<string, unknown>) => ({ id, name, healthStatus });
  expect(checked).toMatchObject({ areHealthy: false, workers: [same({ ...listed })] }); // as `worker list` says it
  expect(await it.home.run(['worker', 'check', 'other'])).toMatchObject({ code: 2 });
  const help = await it.octo('worker', 'add', 'ssh', '--help');
  expect(help.stdout).toContain('--account=<value>');
  expect(help.stdout).not.toContain('--thumbprint=');
});

test('without a server the check runs in this process', async () => {
  await using home = await Home.open();
  const args = ['worker', 'add', 'listening', 'w', ...listening, '--pool', 'default-worker-pool'];
  expect(await home.run([...args, '--wait'])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('Unavailable'),
  });
  expect(await home.run(['worker', 'check', 'w'])).toMatchObject({ code: 1 });
});

test('a file is applied once; the second time there is nothing to change', async () => {
  await using it = await open();
  const { home, octo } = it;
  const file = (host: string) => `
pools: [{ name: linux }]
policies: [{ name: relaxed, connect-timeout: 2m }]
accounts: [{ name: key, type: ssh-key, username: me, privateKeyFile: { file: ./key } }]
workers:
  - { name: b1, style: ssh, pools: [linux], policy: relaxed, endpoint: { host: ${host}, account: key } }
`;
  await writeFile(join(home.dir, 'key'), 'PRIVATE');
  await writeFile(join(home.dir, 'w.yaml'), file('one'));
  const planned = await octo('apply', '--file', 'w.yaml', '--dry-run');
  expect(planned.stdout).toContain('4 to add, 0 to change, 0 to remove');
  await octo('apply', '--file', 'w.yaml');
  expect((await octo('apply', '--file', 'w.yaml')).stdout).toBe('nothing to change\n');
  await writeFile(join(home.dir, 'w.yaml'), file('two'));
  expect((await octo('apply', '--file', 'w.yaml')).stdout).toContain('Endpoint.Host: one → two');
  await writeFile(join(home.dir, 'w.yaml'), 'pools: []\nworkers: []\n');
  const pruned = await octo('apply', '--file', 'w.yaml', '--prune', '--yes');
  expect(pruned.stdout).toBe('- worker b1\n- worker pool linux\n0 to add, 0 to change, 2 to remove\n');
  await writeFile(join(home.dir, 'w.yaml'), 'workers: [{ name: x }]');
  const broken = await home.run(['apply', '--file', 'w.yaml']);
  expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining('workers[0].style: is missing') });
});
