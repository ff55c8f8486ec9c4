import { type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { SshServer } from '@octo/testkit/ssh';
import { collect, type Home, kill } from '../setup/octo.ts';
import { until } from '../setup/wait.ts';

/** Where scripts run: on the server itself, on a machine whose agent is called or calls, or on one that has only sshd. */
export const PLACES = ['built-in', 'listening', 'polling', 'ssh'] as const;
export type Place = (typeof PLACES)[number];

/** What its scripts leave lies in these. */
export const workOf = (home: Home): readonly string[] =>
  ['work', 'w', 't'].map((name) => join(home.dir, 'agent', name));

/** A machine beside the server, the only worker of the default pool. */
export interface Machine {
  /** Times that its agent was killed. */
  readonly kills: number;
  /** The agent that runs makes way for one that dies by `OCTO_FAIL=text`; the one behind that lives. */
  arm(text: string): Promise<void>;
  stop(): Promise<void>;
}

/** One that has only sshd: nothing of octo runs there that could be killed but with a script. */
export async function sshMachine(home: Home): Promise<Machine> {
  const sshd = await SshServer.start();
  const key = join(sshd.dir, 'user');
  const to = ['--host', '127.0.0.1', '--port', String(sshd.port), '--account', 'me', '--fingerprint', sshd.fingerprint()]; // prettier-ignore
  const folder = ['--folder', join(home.dir, 'agent')];
  for (const args of [
    ['account', 'add', 'ssh-key', 'me', '--username', sshd.username, '--private-key-file', key],
    ['worker', 'add', 'ssh', 'm', ...to, ...folder, '--pool', 'Default Worker Pool', '--wait'],
  ]) {
    const { code, stdout, stderr } = await home.run(args);
    if (code === 0) continue;
    await sshd[Symbol.asyncDispose]();
    throw new Error(`octo ${args[0]} ended with ${code}: ${stdout}${stderr}`);
  }
  return { kills: 0, arm: async () => {}, stop: () => sshd[Symbol.asyncDispose]() };
}

/** A machine with an agent that is started again whenever it dies, as a service manager would. */
export class AgentMachine implements Machine {
  readonly #home: Home;
  #agent: ChildProcess | undefined;
  #isStopping = false;
  #kills = 0;

  private constructor(home: Home) {
    this.#home = home;
  }

  /** Joins by a token, as the only worker of the default pool, and serves. The server has to run. */
  static async join(home: Home, place: 'listening' | 'polling'): Promise<Machine> {
    const machine = new AgentMachine(home);
    const config = ['--instance', 'Tentacle'];
    await machine.#do('create-instance', ...config, '--config', join(home.dir, 'agent', 'tentacle.config'));
    if (place === 'listening') await machine.#do('configure', ...config, '--port', String(await freePort()));
    const pool = ['--pool', 'Default Worker Pool', '--quiet'];
    const { stdout, stderr, code } = await home.run(['worker', 'join-token', 'create', ...pool]);
    if (code !== 0) throw new Error(`no token: ${stderr}`);
    const [, ...words] = stdout.trim().split(' ');
    const style = place === 'polling' ? 'TentacleActive' : 'TentaclePassive';
    await machine.#do(...words, ...config, '--name', 'm', '--comms-style', style, '-h', '127.0.0.1');
    await machine.#start({});
    const check = await home.run(['worker', 'check', 'm', '--wait']);
    if (check.code !== 0) throw new Error(`the machine is not fit: ${check.stdout}${check.stderr}`);
    return machine;
  }

  get kills(): number {
    return this.#kills;
  }

  async arm(text: string): Promise<void> {
    await this.#end();
    await this.#start({ OCTO_FAIL: text });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#end();
  }

  async #end(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    if (agent) await kill(agent);
  }

  async #start(env: Record<string, string>): Promise<void> {
    const agent = this.#home.start(['tentacle', 'agent', '--noninteractive'], { ...this.#machine, ...env });
    this.#agent = agent;
    const output = collect(agent);
    agent.once('exit', (_code, signal) => {
      if (this.#agent !== agent || this.#isStopping) return; // ended by us
      if (signal === 'SIGKILL') this.#kills++;
      void this.#start({});
    });
    await until('the agent is up', async () => /Agent listening on|Agent will poll/.test(output.stdout));
  }

  async #do(...args: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await this.#home.run(['tentacle', ...args], this.#machine);
    if (code !== 0) throw new Error(`tentacle ${args[0]} ended with ${code}: ${stdout}${stderr}`);
  }

  get #machine(): Record<string, string> {
    // Few tools, so that a check is soon over.
    return { TentacleMachineConfigurationHomeDirectory: join(this.#home.dir, 'machine'), PATH: '/usr/bin:/bin' };
  }
}

/** Those that have been given out by this process. */
const taken = new Set<number>();

/**
 * One that nobody listens on: a machine or a server that comes back has to come back at the same. Below those that the
 * system gives to whoever connects, lest one of them has it in the moment in which a server is away.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (taken.has(port)) continue;
    taken.add(port);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) =>
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)),
    );
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
