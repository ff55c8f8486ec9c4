import { execFileSync } from 'node:child_process';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { collect, finished, Home, OCTO, type Server } from './setup/octo.ts';
import { until } from './setup/wait.ts';

/** With no data folder named: then the stored login counts. */
const ANYWHERE = { OCTO_DATA: '' };

async function secretFile(home: Home, name: string, content: string): Promise<string> {
  const path = join(home.dir, name);
  await writeFile(path, `${content}\n`, { mode: 0o600 });
  return path;
}
/** A server, and a login of its administrator. */
async function loggedIn(home: Home): Promise<Server> {
  const server = await home.serve();
  const key = await secretFile(home, 'admin-key', server.key);
  const login = await octo(home, 'login', server.url, '--api-key-file', key, '--name', 'admin');
  expect(login).toMatchObject({ code: 0, stdout: `admin at ${server.url}\n` });
  return server;
}
const octo = (home: Home, ...args: readonly string[]) => home.run(args, ANYWHERE);
async function json<T = unknown>(home: Home, ...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await octo(home, ...args, '--json');
  if (code !== 0) throw new Error(`octo ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  return JSON.parse(stdout) as T; // each test knows what it asked for
}

test('a login by key is checked, kept for its user alone, and used by every command after it', async () => {
  await using home = await Home.open();
  const { url, key } = await loggedIn(home);
  const file = join(home.dir, 'home', 'cli.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await json(home, 'user', 'show', 'me')).toMatchObject({ user: { username: 'admin' } });
  expect(await json(home, 'api', 'get', '/api/spaces/all')).toMatchObject([{ Name: 'Default' }]);
  const shown = await octo(home, 'config', 'list', '--json');
  expect(JSON.parse(shown.stdout)).toMatchObject({ server: url, login: 'admin' });
  expect(shown.stdout).not.toContain(key);

  const before = await readFile(file, 'utf8');
  const wrong = await secretFile(home, 'wrong', 'API-WRONGWRONGWRONG');
  const refused = await octo(home, 'login', url, '--api-key-file', wrong);
  expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('[OCTO_AUTH_KEY]') });
  expect(refused.stderr).not.toContain('API-WRONG');
  expect(await readFile(file, 'utf8')).toBe(before);

  const nobody = await octo(home, 'login', url, '--username', 'admin');
  expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('--password-file') });
});

test('which plane counts: a named server, a named data folder, the login, the home folder', async () => {
  await using home = await Home.open();
  const { url, key } = await loggedIn(home);
  await using other = await Home.open();
  const where = async (env: Record<string, string>, ...args: readonly string[]) => {
    const { stdout, stderr } = await home.run(['node', 'list', '--json', ...args], env);
    const nodes = stdout === '' ? stderr : stdout;
    return nodes.includes('"Server"') || nodes.includes('server-') ? 'server' : nodes;
  };
  expect(await where(ANYWHERE)).toBe('server');
  expect(await where({ OCTO_DATA: other.data })).not.toBe('server'); // the plane in this process, on an empty folder
  expect(await where({ OCTO_DATA: other.data, OCTO_URL: url, OCTO_API_KEY: key })).toBe('server');
  expect(await where({ OCTO_DATA: other.data, OCTO_URL: url })).toBe('server'); // the key that is kept for it
  const stranger = await home.run(['worker', 'list'], { ...ANYWHERE, OCTO_URL: 'http://127.0.0.1:1' });
  expect(stranger).toMatchObject({ code: 2, stderr: expect.stringContaining('[OCTO_CLI_NO_KEY]') });
  expect((await octo(home, 'logout')).code).toBe(0);
  expect(await where(ANYWHERE)).not.toBe('server'); // octo's home, where no server runs
  expect(await where({ OCTO_DATA: home.data })).toBe('server'); // by its door
});

test('a user signs in by password, is told which permission is missing, and its key goes with the logout', async () => {
  await using home = await Home.open();
  const { url } = await loggedIn(home);
  const password = await secretFile(home, 'password', 'correct horse battery');
  await json(home, 'team', 'add', 'viewers');
  await json(home, 'team', 'grant', 'viewers', 'environment-viewer', '--space', 'Default');
  await json(home, 'user', 'add', 'jane', '--password-file', password, '--team', 'viewers');
  expect(await json(home, 'team', 'show', 'viewers')).toMatchObject({
    team: { memberUserIds: ['Users-2'] },
    roles: [{ userRoleId: 'userroles-environmentviewer', spaceId: 'Spaces-1' }],
  });

  const login = await octo(home, 'login', url, '-u', 'jane', '--password-file', password, '--name', 'jane');
  expect(login).toMatchObject({ code: 0, stdout: `jane at ${url}\n` });
  expect(await readFile(join(home.dir, 'home', 'cli.json'), 'utf8')).not.toContain('correct horse');
  expect((await octo(home, 'worker', 'list')).code).toBe(0);
  const refused = await octo(home, 'api', 'post', '/api/workers', '--body', '{"Name":"w1"}');
  expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/403 .*WorkerEdit.*\n {2}\w/) });
  const [own] = await json<readonly { id: string; purpose: string }[]>(home, 'api-key', 'list');
  expect(own?.purpose).toMatch(/^octo login on /);

  expect(await octo(home, 'logout', '--revoke')).toMatchObject({
    code: 0,
    stdout: `Forgot jane and revoked ${own?.id}\n`,
  });
  await json(home, 'config', 'use', 'admin');
  expect(await json(home, 'api-key', 'list', '--user', 'jane')).toEqual([]);
  await json(home, 'user', 'edit', 'jane', '--disable', '--remove-team', 'viewers');
  const disabled = await octo(home, 'login', url, '-u', 'jane', '--password-file', password);
  expect(disabled).toMatchObject({ code: 1, stderr: expect.stringContaining('[OCTO_AUTH_PASSWORD]') });
  expect(await json(home, 'team', 'show', 'viewers')).toMatchObject({ team: { memberUserIds: [] } });
});

test('an API key works until it expires or is revoked', async () => {
  await using home = await Home.open();
  const { url } = await loggedIn(home);
  await json(home, 'user', 'add', 'ci', '--service');
  const soon = new Date(Date.now() + 4_000).toISOString();
  const short = await json<{ apiKey: string }>(
    home,
    'api-key',
    'create',
    '--user',
    'ci',
    '--purpose',
    'short',
    '--expires',
    soon,
  );
  const long = await octo(home, 'api-key', 'create', '--user', 'ci', '--purpose', 'long', '--expires', '90d');
  expect(long.stdout).toMatch(/^API-\w+\n$/);
  const as = (key: string) => home.run(['user', 'show', 'me', '--json'], { OCTO_URL: url, OCTO_API_KEY: key });
  expect(JSON.parse((await as(long.stdout.trim())).stdout)).toMatchObject({
    user: { username: 'ci', isService: true },
  });
  const expired = await until('the key expires', async () => {
    const answer = await as(short.apiKey);
    return answer.code === 0 ? undefined : answer;
  });
  expect(expired.stdout).toContain('expired at');

  const asked = await octo(home, 'api-key', 'revoke', 'long', '--user', 'ci');
  expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining('give --yes') });
  await json(home, 'api-key', 'revoke', 'long', '--user', 'ci', '--yes');
  expect((await as(long.stdout.trim())).stdout).toContain('OCTO_AUTH_KEY');
  const past = await octo(home, 'api-key', 'create', '--purpose', 'x', '--expires', '2020-01-01');
  expect(past.stderr).toContain('[OCTO_API_KEY_EXPIRES]');
});

test('events tell who changed what, and are followed', async () => {
  await using home = await Home.open();
  await loggedIn(home);
  const follower = home.start(['event', 'list', '--follow', '--json', '--regarding', 'Teams-1'], ANYWHERE);
  const heard = collect(follower);
  const end = finished(follower);
  await json(home, 'team', 'add', 'deployers', '--description', 'before');
  await json(home, 'team', 'edit', 'Deployers', '--description', 'after');
  await until('both events are heard', async () => heard.stdout.trim().split('\n').length === 2);
  follower.kill('SIGINT');
  expect((await end).code).toBe(130);
  const heardOf = heard.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).category);
  expect(heardOf).toEqual(['Created', 'Modified']);

  const found = await json<readonly { id: string }[]>(
    home,
    'event',
    'list',
    '--category',
    'Modified',
    '--user',
    'admin',
    '--since',
    '1h',
  );
  expect(found).toMatchObject([{ username: 'admin', userAgent: 'octo', message: 'Team deployers was modified' }]);
  const shown = await octo(home, 'event', 'show', found[0]?.id ?? '');
  expect(shown.stdout).toMatch(/\/Description +before +after/);
});

test('a space is made, stopped and removed, and only when somebody says yes', async () => {
  await using home = await Home.open();
  await loggedIn(home);
  await json(home, 'space', 'add', 'Team A', '--manager-user', 'admin');
  expect(await octo(home, 'space', 'remove', 'team-a')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--yes/),
  });
  const runs = await octo(home, 'space', 'remove', 'team-a', '--yes');
  expect(runs).toMatchObject({ code: 1, stderr: expect.stringContaining('--stop-queue') });
  await json(home, 'config', 'set', 'space', 'Team A');
  expect((await octo(home, 'config', 'get', 'space')).stdout).toBe('Spaces-2\n');
  expect(await json(home, 'space', 'remove', 'Team A', '--yes', '--stop-queue')).toEqual({ removed: 'Spaces-2' });
});

test('raw calls: bodies from a file, answers as they come, faults with code and hint', async () => {
  await using home = await Home.open();
  await loggedIn(home);
  await writeFile(join(home.dir, 'team.json'), '{"Name": "raw", "MemberUserIds": []}');
  const made = await json<object>(home, 'api', 'post', 'teams', '--body', '@team.json');
  expect(made).toMatchObject({ Id: 'Teams-1', Name: 'raw' });
  const put = await octo(
    home,
    'api',
    'put',
    '/api/teams/Teams-1',
    '--body',
    JSON.stringify({ ...made, Name: 'cooked' }),
  );
  expect(JSON.parse(put.stdout)).toMatchObject({ Name: 'cooked' });
  expect(await octo(home, 'api', 'delete', '/api/teams/Teams-1', '--raw')).toMatchObject({ code: 0, stdout: '{}' });
  const gone = await octo(home, 'api', 'get', '/api/teams/Teams-1', '--json');
  expect(gone.code).toBe(1);
  expect(JSON.parse(gone.stdout).error).toMatchObject({ code: 'OCTO_API_NOT_FOUND', hint: expect.any(String) });
});

test('what is misspelt is answered with what is near', async () => {
  await using home = await Home.open();
  const command = await octo(home, 'user', 'lsit');
  expect(command).toMatchObject({ code: 2, stderr: expect.stringContaining('octo user list') });
  const flag = await octo(home, 'worker', 'list', '--serverr', 'x');
  expect(flag).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean --server') });
});

test('bash completes commands, flags, and the names that the server knows', async () => {
  await using home = await Home.open();
  await loggedIn(home);
  await json(home, 'space', 'add', 'Team $(A)');
  const program = join(home.dir, 'octo');
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${OCTO}' "$@"\n`);
  await chmod(program, 0o755);
  await writeFile(join(home.dir, 'completion.bash'), (await octo(home, 'completion', 'bash')).stdout);
  const tab = (...words: readonly string[]) => {
    const script = `source ./completion.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _octo; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { ...process.env, PATH: `${home.dir}:${process.env['PATH']}`, OCTO_HOME: join(home.dir, 'home') };
    const { OCTO_DATA: _d, OCTO_URL: _u, OCTO_API_KEY: _k, ...clean } = env as Record<string, string>;
    const out = execFileSync('bash', ['-c', script, 'bash', ...words], { cwd: home.dir, encoding: 'utf8', env: clean });
    return out.trim().split('\n');
  };
  expect(tab('octo', 'api', '')).toEqual(['delete', 'get', 'post', 'put']);
  expect(tab('octo', 'worker', 'list', '--po')).toEqual(['--pool']);
  expect(tab('octo', 'space', 'show', '')).toEqual(['Default', 'Team\\ \\$\\(A\\)']);
  expect(tab('octo', 'worker', 'list', '--pool', 'Def')).toEqual(['Default\\ Worker\\ Pool']);
  const unknown = await octo(home, 'completion', '--names', 'nothing');
  expect(unknown).toMatchObject({ code: 0, stdout: '', stderr: '' });
  const away = await home.run(['completion', '--names', 'pools'], {
    OCTO_URL: 'http://127.0.0.1:1',
    OCTO_API_KEY: 'x',
  });
  expect(away).toMatchObject({ code: 0, stdout: '', stderr: '' });
});
