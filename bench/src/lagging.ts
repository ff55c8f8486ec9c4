import { httpApi, type OctoApi } from '@octo/api';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface LagServer extends AsyncDisposable {
  readonly api: OctoApi;
  readonly url: string;
  readonly key: string;
  /** Forget what was before. */
  begin(): void;
  lag(): Promise<{ readonly p99Ms: number; readonly rssMib: number }>;
}

/** A server, from sources, that can tell how long its event loop was kept. */
export async function lagServer(taskCap: number): Promise<LagServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'octo-bench-'));
  const script = new URL('./lag-server.ts', import.meta.url).pathname;
  const child = fork(script, [dataDir, String(taskCap)], { execArgv: ['--conditions=octo-source'] });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]; // its first word
  const { key } = JSON.parse(await readFile(join(dataDir, 'server.json'), 'utf8')) as { key: string };
  return {
    url,
    key,
    api: httpApi({ url, apiKey: key }),
    begin: () => void child.send('begin'),
    async lag() {
      child.send('lag');
      const [answer] = (await once(child, 'message')) as [{ p99Ms: number; rssMib: number }];
      return answer;
    },
    async [Symbol.asyncDispose]() {
      child.send('stop');
      await once(child, 'exit');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
