import { httpApi, type OctoApi } from '@octo/api';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const OCTO = new URL('../../cli/bin/octo.js', import.meta.url).pathname;

export interface BenchServer extends AsyncDisposable {
  readonly api: OctoApi;
  readonly dataDir: string;
  readonly url: string;
  readonly key: string;
  readonly pid: number;
}

/** The built server in a process of its own, on a temporary folder. */
export async function benchServer(
  taskCap: number,
  more: NodeJS.ProcessEnv = {},
  folder?: string,
): Promise<BenchServer> {
  const dataDir = folder ?? (await mkdtemp(join(tmpdir(), 'octo-bench-')));
  const args = [
    OCTO,
    'server',
    'start',
    '--port',
    '0',
    '--comms-port',
    '0',
    '--log-level',
    'error',
    '--task-cap',
    String(taskCap),
  ];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, OCTO_DATA: dataDir, ...more },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (let waitedMs = 0; ; waitedMs += 20) {
    const door = await readFile(join(dataDir, 'server.json'), 'utf8').catch(() => undefined);
    if (door !== undefined) {
      const { url, key } = JSON.parse(door) as { url: string; key: string };
      return {
        api: httpApi({ url, apiKey: key }),
        dataDir,
        url,
        key,
        pid: child.pid ?? 0,
        async [Symbol.asyncDispose]() {
          child.kill('SIGTERM');
          await once(child, 'exit');
          await rm(dataDir, { recursive: true, force: true });
        },
      };
    }
    if (waitedMs > 20_000 || child.exitCode !== null)
      throw new Error('the server did not listen within 20 s; is it built?');
    await sleep(20);
  }
}

export const bash = (body: string) => ({
  actions: [{ name: 'Script', type: 'Octopus.Script', properties: { 'Octopus.Action.Script.ScriptBody': body } }],
});
