import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { collect, Home, type Server, stateOf } from './setup/octo.ts';
import { until } from './setup/wait.ts';

// The agent as it is installed: `octo tentacle`, on a machine folder of its own, against a real server.
// A path without what else is installed here: the first check of a machine asks each tool for its version.
const machine = (home: Home) => ({
  TentacleMachineConfigurationHomeDirectory: join(home.dir, 'machine'),
  PATH: '/usr/bin:/bin',
});
const tentacle = (home: Home, ...args: string[]) => home.run(['tentacle', ...args], machine(home));

async function agent(home: Home, ...args: string[]) {
  const child = home.start(['tentacle', 'agent', '--noninteractive', ...args], machine(home));
  const output = collect(child);
  await until('the agent is up', async () => {
    if (child.exitCode !== null) throw new Error(`the agent ended: ${output.stdout}${output.stderr}`);
    return /Agent listening on|Connected to/.test(output.stdout);
  });
  return { child, output };
}

async function joined(home: Home): Promise<void> {
  await home.run(['pool', 'add', 'linux']);
  const { stdout } = await home.run(['worker', 'join-token', 'create', '--pool', 'linux', '--quiet']);
  const [, ...words] = stdout.trim().split(' ');
  const result = await tentacle(home, ...words, '--name', 'w1');
  expect(result).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('This machine is now the worker w1') as string,
  });
}

const witness = async (file: string) => (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);

describe('a machine that joined, and calls its server', () => {
  test('runs scripts, and outlives kill -9: what ran goes on and is found again (R137, R144, R146)', async () => {
    await using home = await Home.open();
    await home.serve();
    await joined(home);
    const first = await agent(home);
    expect(await home.run(['worker', 'check', 'w1', '--wait'])).toMatchObject({ code: 0 });
    const file = join(home.dir, 'witness');
    const body = `echo ran >> '${file}'; echo one; until [ -e '${file}.go' ]; do sleep 0.05; done; echo two; exit 3`;
    const running = home.start(['run', '--pool', 'linux', body]);
    const output = collect(running);
    await until('the first line is there', async () => output.stdout.includes('one'));
    first.child.kill('SIGKILL');
    await agent(home);
    await writeFile(`${file}.go`, '');
    await until('the task has ended', async () => running.exitCode !== null);
    expect(output.stdout.split('\n').filter((line) => line === 'one' || line === 'two')).toEqual(['one', 'two']);
    expect(running.exitCode).toBe(1);
    expect(output.stderr).toMatch(/exited? with (code )?3|exit code:? 3|code 3/);
    expect(await witness(file)).toEqual(['ran']);
  });

  test('a server that is killed and started again goes on with the script, and starts nothing twice (R137)', async () => {
    await using home = await Home.open();
    const before = await home.serve();
    await joined(home);
    const { output } = await agent(home);
    expect(await home.run(['worker', 'check', 'w1', '--wait'])).toMatchObject({ code: 0 });
    const port = await commsPort(home);
    const file = join(home.dir, 'witness');
    const body = `echo ran >> '${file}'; echo one; until [ -e '${file}.go' ]; do sleep 0.05; done; echo two`;
    const begun = await home.run(['run', '--pool', 'linux', '--no-follow', body]);
    const [id = ''] = /ServerTasks-\d+/.exec(begun.stdout + begun.stderr) ?? [];
    await until('the script has begun', async () => (await witness(file)).length > 0);
    before.child.kill('SIGKILL');
    await until('it is gone', async () => before.child.signalCode !== null);
    const after = await home.serve(['--comms-port', port]);
    await until('the agent is back', async () => output.stdout.split('Connected to').length > 2, 30_000);
    await writeFile(`${file}.go`, '');
    await until('the task has ended', async () => (await stateOf(after, id)) === 'Success');
    const log = await home.run(['task', 'log', id]);
    expect(log.stdout.split('\n').filter((line) => line.trim() === 'one' || line.trim() === 'two').map((line) => line.trim())).toEqual(['one', 'two']); // prettier-ignore
    expect(await witness(file)).toEqual(['ran']);
  });

  test('joins again as the worker that it was, refuses a second agent, and is told why a token is no good (I16)', async () => {
    await using home = await Home.open();
    await home.serve();
    await home.run(['pool', 'add', 'linux']);
    const { stdout } = await home.run(['worker', 'join-token', 'create', '--pool', 'linux', '--quiet']);
    const [, , token = ''] = stdout.trim().split(' ');
    await writeFile(join(home.dir, 'token'), token);
    const join1 = ['join', '--token-file', join(home.dir, 'token'), '--name', 'w1'];
    for (const instance of ['Tentacle', 'TENTACLE'])
      expect(await tentacle(home, ...join1, '--instance', instance)).toMatchObject({ code: 0 });
    const other = await tentacle(home, ...join1, '--comms-style', 'TentaclePassive');
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('has joined as the worker w1 before')]);
    const second = await tentacle(home, ...join1, '--instance', 'Other');
    expect([second.code, second.stderr]).toEqual([1, expect.stringMatching(/^http\S+ refuses: the join token is used up\. Make a new/)]); // prettier-ignore
    await agent(home, '--instance', 'Tentacle');
    expect(await home.run(['worker', 'check', 'w1', '--wait'])).toMatchObject({ code: 0 });
    const twice = await tentacle(home, 'agent', '--instance', 'Tentacle', '--noninteractive');
    expect([twice.code, twice.stderr]).toEqual([1, expect.stringMatching(/^an agent runs on \S+ already, as process \d+; stop/)]); // prettier-ignore
  });

  test('a WebSocket on the server’s own port is a way, too', async () => {
    await using home = await Home.open();
    const server = await home.serve();
    await tentacle(home, 'create-instance', '--instance', 'Web', '--config', join(home.dir, 'web.config'));
    await tentacle(home, 'new-certificate', '--instance=Web');
    const thumbprint = (await home.run(['server', 'thumbprint'])).stdout.trim();
    await tentacle(home, 'configure', '--instance', 'Web', '--noListen=True', `--trust=${thumbprint}`);
    const address = `${server.url.replace('http', 'ws')}/octo/polling`;
    const set = await tentacle(
      home,
      'server-comms',
      '--instance',
      'Web',
      '--style',
      'TentacleActive',
      '--web-socket',
      address,
    );
    expect(set.stderr).toBe('');
    const config = await readFile(join(home.dir, 'web.config'), 'utf8');
    const subscription = /poll:\/\/\w+\//.exec(config)?.[0] ?? '';
    const own = (await tentacle(home, 'show-thumbprint', '--instance', 'Web')).stdout;
    const added = await home.run(['worker', 'add', 'polling', 'web', '--subscription', subscription, '--thumbprint', own, '--pool', 'Default Worker Pool']); // prettier-ignore
    expect(added.stderr).not.toMatch(/error/i);
    await agent(home, '--instance', 'Web');
    expect(await home.run(['worker', 'check', 'web', '--wait'])).toMatchObject({ code: 0 });
    const { stdout, code } = await home.run(['run', 'echo over the web']);
    expect({ stdout, code }).toEqual({ stdout: 'over the web\n', code: 0 });
  });
});

test('the documented command lines register a listening machine, word for word (workers.md 3.1, R37, R42)', async () => {
  await using home = await Home.open();
  const server: Server = await home.serve();
  const config = join(home.dir, 'my.config');
  const steps = [
    ['create-instance', '--instance', 'MyInstance', '--config', config],
    ['new-certificate', '--instance', 'MyInstance', '--if-blank'],
    ['configure', '--instance', 'MyInstance', '--app', join(home.dir, 'apps'), '--port', '0', '--noListen', 'False', '--reset-trust'],
    ['configure', '--instance', 'MyInstance', '--trust', (await home.run(['server', 'thumbprint'])).stdout.trim()],
  ]; // prettier-ignore
  for (const step of steps) expect(await tentacle(home, ...step)).toMatchObject({ code: 0, stderr: '' });
  const { output } = await agent(home, '--instance', 'MyInstance');
  const port = /Agent listening on: \S+:(\d+)/.exec(output.stdout)?.[1] ?? '';
  const register = ['register-worker', '--instance', 'MyInstance', '--server', `${server.url}/`, '--comms-style', 'TentaclePassive', '--apikey', server.key, '--workerpool', 'Default Worker Pool', '--name', 'web-1', '-h', '127.0.0.1', '--tentacle-comms-port', port]; // prettier-ignore
  expect(await tentacle(home, ...register)).toMatchObject({
    code: 0,
    stdout: `Registering the tentacle with the server at ${server.url}/\nMachine registered successfully\nThese changes require a restart of the Tentacle.\n`,
  });
  const again = await tentacle(home, ...register);
  expect(again.code).toBe(1);
  expect(again.stderr).toBe(
    "A worker named 'web-1' already exists in the environment. Use the 'force' parameter if you intended to update the existing worker.\n",
  );
  expect(await tentacle(home, ...register, '--force')).toMatchObject({ code: 0 });
  const unknown = await tentacle(
    home,
    ...register.map((word) => (word === 'Default Worker Pool' ? 'Nope' : word)),
    '--force',
  );
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('Could not find the worker pool with name, slug or Id Nope on the Octopus Server') as string }); // prettier-ignore
  const greeted = await home.run(['run', 'echo hi from $TentacleInstanceName']);
  expect(greeted).toMatchObject({ code: 0, stdout: 'hi from MyInstance\n' });

  const shown = await tentacle(
    home,
    'show-configuration',
    '--instance',
    'MyInstance',
    '--server',
    server.url,
    '--apiKey',
    server.key,
  );
  expect(JSON.parse(shown.stdout)).toMatchObject({
    Tentacle: { DisplayName: 'web-1', WorkerPools: [{ Name: 'Default Worker Pool' }] },
  });
  const gone = await tentacle(
    home,
    'deregister-worker',
    '--instance',
    'MyInstance',
    '--server',
    server.url,
    '--apikey',
    server.key,
  );
  expect(gone).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("Deleting worker 'web-1' from the Octopus Server...\n") as string,
  });
  expect(
    await tentacle(
      home,
      'deregister-worker',
      '--instance',
      'MyInstance',
      '--server',
      server.url,
      '--apikey',
      server.key,
    ),
  ).toMatchObject({
    code: 1,
    stderr: "No worker was found matching this Tentacle's thumbprint.\n",
  });
  const { mode } = await stat(config);
  expect(mode & 0o777).toBe(0o600);
  const log = await readFile(join(home.dir, 'Logs/OctopusTentacle.txt'), 'utf8');
  expect(log).not.toContain(server.key);
});

test.each([
  [[], 2, 'Usage: tentacle', ''],
  [['help'], 0, 'register-worker', ''],
  [['frobnicate'], 2, 'tentacle help', "Command 'frobnicate' is not supported"],
  [['configure', '--frob', 'x'], 1, '', 'Unrecognized command line arguments: --frob x'],
  [['show-thumbprint', '--instance', 'Nobody'], 1, '', 'Instance Nobody'],
  [['show-thumbprint'], 1, '', 'There are no instances'],
  [['list-instances', '--format=json'], 0, '[]', ''],
  [['list-instances', '/format:xml'], 1, '', 'xml'],
  [['version'], 0, '0.', ''],
  [['checkservices'], 1, '', 'Windows'],
])('tentacle %j ends with %d (halibut.md 9.1)', async (args, code, stdout, stderr) => {
  await using home = await Home.bare();
  const result = await tentacle(home, ...args);
  expect(result.code).toBe(code);
  expect(result.stdout).toContain(stdout);
  expect(result.stderr).toContain(stderr);
});

async function commsPort(home: Home): Promise<string> {
  const door = JSON.parse(await readFile(join(home.data, 'server.json'), 'utf8')) as { readonly comms: string };
  return door.comms.split(':').at(-1) ?? '';
}
