import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { collect, Home, type Server } from './setup/octo.ts';
import { until } from './setup/wait.ts';

const run = promisify(execFile);
const repo = new URL('../../', import.meta.url).pathname;
const executable = join(repo, 'dist/tentacle');

// The agent as one file, on a machine without Node; and the entry of a container, run as a script.
describe.skipIf(process.platform !== 'linux')('the agent as one executable', () => {
  beforeAll(async () => {
    await run(process.execPath, ['--conditions=octo-source', join(repo, 'tools/executable.ts')], { cwd: repo });
  }, 120_000);

  test('starts where there is no Node, and says its version', async () => {
    const { stdout } = await run(executable, ['version'], { env: { PATH: '/nowhere', HOME: '/tmp' } });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+/);
    expect((await stat(executable)).size).toBeLessThan(200 * 1024 * 1024);
  });

  /** A container: a home of its own, and the variables of the image. */
  async function container(home: Home, server: Server, more: Record<string, string>) {
    const folder = join(home.dir, 'container');
    await mkdir(folder, { recursive: true });
    const env = {
      PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
      HOME: folder,
      OCTO_TENTACLE_PROGRAM: executable,
      OCTO_INSTANCE_HOME: folder,
      OCTO_APPLICATIONS: join(folder, 'apps'),
      ServerUrl: server.url,
      ServerApiKey: server.key,
      TargetWorkerPool: 'Default Worker Pool',
      TargetName: 'boxed',
      ...more,
    };
    const child = spawn('sh', [join(repo, 'container/entry.sh')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = collect(child);
    await until('the container is connected', async () => {
      if (child.exitCode !== null) throw new Error(`it ended: ${output.stdout}${output.stderr}`);
      return output.stdout.includes('Connected to');
    });
    return { child, output };
  }

  /** What every process of this account may read of one, and of those below it. */
  async function seenOf(pid: number): Promise<string> {
    const proc = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
    const children = (await proc(`task/${pid}/children`)).split(' ').filter(Boolean).map(Number);
    const below = await Promise.all(children.map(seenOf));
    return [await proc('environ'), await proc('cmdline'), ...below].join('\n');
  }

  test('a container registers by the variables of the Octopus image, keeps its identity, and leaves when it is ephemeral (R256)', async () => {
    await using home = await Home.open();
    const server = await home.serve();
    const door = (await home.run(['server', 'thumbprint'])).stdout.trim();
    expect(door).toMatch(/^[0-9A-F]{40}$/);
    const { comms } = JSON.parse(await readFile(join(home.data, 'server.json'), 'utf8')) as { comms: string };
    const port = comms.split(':').at(-1) ?? '';
    const first = await container(home, server, { ServerPort: port });
    const names = async () => JSON.parse((await home.run(['worker', 'list', '--json'])).stdout) as unknown;
    expect(JSON.stringify(await names())).toContain('boxed');
    await home.run(['worker', 'check', 'boxed', '--wait']);
    const { stdout } = await home.run(['run', 'echo "key ${ServerApiKey:-gone}"']);
    expect(stdout).toBe('key gone\n');
    const seen = await seenOf(first.child.pid ?? 0);
    expect(seen).toContain('TargetName=boxed'); // it is the right process that is looked at
    expect(seen).not.toContain(server.key); // R253
    first.child.kill('SIGTERM');
    await once(first.child, 'exit');
    expect(JSON.stringify(await names())).toContain('boxed'); // not ephemeral: it may come back
    const second = await container(home, server, { ServerPort: port, Ephemeral: 'Y' });
    expect(second.output.stdout).not.toContain('Registering'); // the same worker, by its volume
    second.child.kill('SIGTERM');
    await once(second.child, 'exit');
    expect(second.child.exitCode).toBe(0);
    expect(second.output.stdout).toContain("Deleting worker 'boxed'");
    expect(JSON.stringify(await names())).not.toContain('boxed');
  });
});
