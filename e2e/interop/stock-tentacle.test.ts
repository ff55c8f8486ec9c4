import { StockAgent } from '@octo/testkit/stock';
import { testIdentity } from '@octo/testkit/certificates';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect, Home, type Server } from '../src/setup/octo.ts';
import { until } from '../src/setup/wait.ts';

// A real server process with agents that behave as stock Tentacles were seen to (docs/interop.md).
describe('a server with stock Tentacles', () => {
  let home: Home;
  let server: Server;
  let port: number;
  let thumbprint: string;
  beforeAll(async () => {
    home = await Home.open();
    server = await home.serve();
    thumbprint = (await home.run(['server', 'thumbprint'])).stdout.trim();
    const { comms } = JSON.parse(await readFile(join(home.data, 'server.json'), 'utf8')) as { readonly comms: string };
    port = Number(comms.split(':').at(-1));
  });
  afterAll(() => home[Symbol.asyncDispose]());

  const identity = testIdentity('Octopus Tentacle');
  const folder = async (name: string) => {
    const dir = join(home.dir, name);
    await mkdir(dir);
    return dir;
  };
  const agents = [
    [
      'listening, TLS 1.2',
      async () => {
        const agent = await StockAgent.listen({ identity, workDir: await folder('listening'), trusted: [thumbprint], tls: '1.2' });
        return { agent, add: ['listening', 'l1', '--url', `https://127.0.0.1:${agent.port}`, '--accept'] };
      },
    ],
    [
      'listening, of old: script service 1, no capabilities',
      async () => {
        const workDir = await folder('old');
        const agent = await StockAgent.listen({ identity, workDir, trusted: [thumbprint], withoutCapabilities: true });
        return { agent, add: ['listening', 'o1', '--url', `https://127.0.0.1:${agent.port}`, '--thumbprint', identity.thumbprint] };
      },
    ],
    [
      'polling, TLS 1.3',
      async () => {
        const subscription = 'poll://stockagent/';
        const workDir = await folder('polling');
        const agent = await StockAgent.poll({ identity, workDir, server: { host: '127.0.0.1', port, thumbprint }, subscription, timeScale: 0.05 });
        return { agent, add: ['polling', 'p1', '--subscription', subscription, '--thumbprint', identity.thumbprint] };
      },
    ],
  ] as const; // prettier-ignore

  test.each(agents)('%s: scripts with variables and files, output, exit codes, cancel', async (_, make) => {
    const { agent, add } = await make();
    await using _agent = agent;
    const name = add[1] ?? '';
    await home.run(['pool', 'add', `pool-${name}`]);
    const added = await home.run(['worker', 'add', ...add, '--pool', `pool-${name}`]);
    expect(added.code).toBe(0);
    await until('it is healthy', async () => (await home.run(['worker', 'check', name, '--wait'])).code === 0);
    const on = ['run', '--pool', `pool-${name}`];
    const body = 'echo "hi $(get_octopusvariable Customer)"; echo oops >&2; set_octopusvariable Out 5';
    const good = await home.run([...on, body, '--var', 'Customer=acme']);
    expect(good).toMatchObject({ code: 0, stdout: 'hi acme\n' });
    expect(good.stderr).toContain('oops');
    expect((await home.run([...on, 'exit 9'])).code).toBe(1);

    const long = home.start([...on, 'echo begun; sleep 60']);
    const output = collect(long);
    await until('it has begun', async () => output.stdout.includes('begun'));
    const [id = ''] = /ServerTasks-\d+/.exec((await home.run(['task', 'list', '--json'])).stdout) ?? [];
    expect((await home.run(['task', 'cancel', id])).code).toBe(0);
    await until('it has ended', async () => long.exitCode !== null);
    expect(agent.log.join('\n')).not.toMatch(/type/i);
    expect(server.child.exitCode).toBeNull();
  });
});
