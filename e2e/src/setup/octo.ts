import { httpApi, type LogPage, type OctoApi } from '@octo/api';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './wait.ts';

/** The built command, as users get it. */
export const OCTO = new URL('../../../cli/bin/octo.js', import.meta.url).pathname;

/** Names the data folder that new homes begin with. */
export const INSTALLATION = 'OCTO_E2E_INSTALLATION';

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A data folder of its own; leaving it ends what was started on it and removes it. */
export class Home implements AsyncDisposable {
  readonly dir: string;
  readonly #children = new Set<ChildProcess>();

  private constructor(dir: string) {
    this.dir = dir;
  }
  /** With an installation in it that has done nothing yet, where one was made for that (installation.ts). */
  static async open(): Promise<Home> {
    const home = await Home.bare();
    const installation = process.env[INSTALLATION];
    if (installation !== undefined) await cp(installation, home.data, { recursive: true });
    return home;
  }
  /** With nothing in it, so that the first command makes the installation. */
  static async bare(): Promise<Home> {
    return new Home(await mkdtemp(join(tmpdir(), 'octo-e2e-')));
  }
  get data(): string {
    return join(this.dir, 'data');
  }

  start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const { OCTO_URL: _url, OCTO_API_KEY: _key, ...inherited } = process.env;
    const child = spawn(process.execPath, [OCTO, ...args], {
      cwd: this.dir,
      env: {
        ...inherited,
        OCTO_DATA: this.data,
        OCTO_HOME: join(this.dir, 'home'),
        NO_COLOR: '1',
        OCTO_COMMS_PORT: '0',
        ...env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin?.end();
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  async run(args: readonly string[], env: Record<string, string> = {}): Promise<Result> {
    return finished(this.start(args, env));
  }

  /** Start a server on a free port; resolves when it listens. */
  async serve(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Server> {
    const level = args.includes('--log-level') ? [] : ['--log-level', 'warn'];
    const child = this.start(['server', 'start', '--port', '0', ...level, ...args], env);
    const output = collect(child);
    const door = await until('the server listens', async () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server ended: ${output.stderr}`);
      const found = JSON.parse(
        await readFile(join(this.data, 'server.json'), 'utf8').catch(() => 'null'),
      ) as Door | null;
      return found !== null && found.pid === child.pid ? found : undefined;
    });
    return { child, url: door.url, key: door.key, output, api: httpApi({ url: door.url, apiKey: door.key }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Door {
  readonly url: string;
  readonly key: string;
  readonly pid: number;
}
export interface Server {
  readonly child: ChildProcess;
  readonly url: string;
  readonly key: string;
  readonly output: { stdout: string; stderr: string };
  /** For what is asked again and again: a command for each look would keep the machine busy with starting commands. */
  readonly api: OctoApi;
}
const soon = () => AbortSignal.timeout(10_000);

export async function stateOf({ api }: Server, id = 'ServerTasks-1'): Promise<string> {
  return (await api.task(id, soon())).task.state;
}
/** What its log has by now. */
export async function textsOf({ api }: Server, id = 'ServerTasks-1'): Promise<readonly string[]> {
  const texts: string[] = [];
  for (let page: LogPage | undefined; page === undefined || page.lines.length > 0;) {
    page = await api.log(id, { after: page?.next ?? 0, waitMs: 0 }, soon());
    texts.push(...page.lines.map((line) => line.text));
  }
  return texts;
}

export function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return output;
}

export async function finished(child: ChildProcess): Promise<Result> {
  const output = collect(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

export async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
