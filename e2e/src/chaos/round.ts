import { httpApi, type LogPage, type OctoApi, type TaskState } from '@octo/api';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Home, type Server } from '../setup/octo.ts';
import { install } from '../setup/plugins.ts';
import { until } from '../setup/wait.ts';
import { type Evidence, type Line, processesOf, readWitnesses, type TaskEvidence, workspacesOf } from './evidence.ts';
import { judge, type Verdict } from './judge.ts';
import { AgentMachine, freePort, type Machine, sshMachine } from './machine.ts';
import { ONCE_PLUGIN, requestOf } from './request.ts';
import { isOfMachine, type Scenario, strikeText, type TaskPlan } from './scenario.ts';

/** From a server's start, or from its task's, to the end of all tasks. */
const END_MS = 30_000;

const OPEN: readonly TaskState[] = ['Queued', 'Executing', 'Cancelling'];

export interface RoundResult extends Verdict {
  /** Strikes that hit, by name. */
  readonly kills: readonly string[];
}

/** Play a scenario on a fresh folder with real servers, and judge it. Ends whatever it has started. */
export async function playRound(scenario: Scenario): Promise<RoundResult> {
  await using home = await Home.open();
  using _reaper = { [Symbol.dispose]: () => reap(home) };
  await using round = new Round(home, scenario);
  try {
    await round.prepare();
    const verdict = judge(await round.play());
    return { ...verdict, kills: round.kills };
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error);
    return { violations: [told], doubled: 0, lost: 0, unknown: 0, kills: round.kills };
  }
}

interface Watched {
  readonly plan: TaskPlan;
  id: string | undefined;
  readonly lines: Line[];
  cancelAnswer: TaskState | undefined;
}

class Round implements AsyncDisposable {
  readonly kills: string[] = [];
  readonly #home: Home;
  readonly #scenario: Scenario;
  readonly #witnesses: string;
  readonly #tasks: readonly Watched[];
  /** Of every server, so that a machine that calls finds the next one. */
  #args: readonly string[] = [];
  #machine: Machine | undefined;

  constructor(home: Home, scenario: Scenario) {
    this.#home = home;
    this.#scenario = scenario;
    this.#witnesses = join(home.dir, 'witness');
    this.#tasks = scenario.tasks.map((plan) => ({ plan, id: undefined, lines: [], cancelAnswer: undefined }));
  }

  async prepare(): Promise<void> {
    await mkdir(this.#witnesses);
    await install(this.#home, { 'chaos-once': ONCE_PLUGIN });
    const { place } = this.#scenario;
    if (place === 'built-in') return;
    this.#args = ['--comms-port', String(await freePort())];
    const server = await this.#home.serve(this.#args);
    this.#machine = await (place === 'ssh' ? sshMachine(this.#home) : AgentMachine.join(this.#home, place));
    await untilIdle(server.api, AbortSignal.timeout(END_MS)); // what a check leaves that is killed is the machine's to sweep
    server.child.kill('SIGTERM');
    await exited(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#machine?.stop();
  }

  async play(): Promise<Evidence> {
    for (const [number, strike] of this.#scenario.strikes.entries()) {
      const text = strikeText(strike);
      const isOfIts = isOfMachine(strike, this.#scenario.place);
      const hasHit = isOfIts ? await this.#machineStruck(number, text) : await this.#liveUntilStruck(number, text);
      if (hasHit) this.kills.push(text);
    }
    const server = await this.#home.serve(this.#args);
    await this.#drive(server, this.#scenario.strikes.length);
    return this.#gather(server);
  }

  /** The same for the agent of the machine; the server lives on, and is stopped when all is over. */
  async #machineStruck(number: number, text: string): Promise<boolean> {
    const before = this.#machine?.kills ?? 0;
    const server = await this.#home.serve(this.#args);
    await this.#machine?.arm(text);
    await this.#drive(server, number);
    server.child.kill('SIGTERM');
    await exited(server);
    return (this.#machine?.kills ?? 0) > before;
  }

  /** True when the strike hit. Without one, the server is stopped when all is over. */
  async #liveUntilStruck(number: number, text: string): Promise<boolean> {
    const server = await this.#serve(text);
    if (!server) return true;
    try {
      await this.#drive(server, number);
    } catch (error) {
      await Promise.race([exited(server), sleep(1_000)]);
      if (server.child.signalCode === null) throw error;
    }
    server.child.kill('SIGTERM');
    await exited(server);
    return server.child.signalCode === 'SIGKILL';
  }

  /** Undefined when it died before it listened: what it adopted led it to the point. */
  async #serve(text: string): Promise<Server | undefined> {
    try {
      return await this.#home.serve(this.#args, { OCTO_FAIL: text });
    } catch (error) {
      if (!String(error).includes('the server ended: ')) throw error;
      const said = String(error).split('the server ended: ')[1] ?? '';
      if (said.trim() !== '') throw error;
      return undefined;
    }
  }

  async #drive(server: Server, number: number): Promise<void> {
    const limit = AbortSignal.any([AbortSignal.timeout(END_MS), ended(server)]);
    const api = httpApi({ url: server.url, apiKey: server.key });
    const due = this.#tasks.filter((t) => t.plan.server <= number);
    const known = await api.tasks({ take: 100 }, limit);
    for (const task of due) {
      task.id ??= known.items.find((t) => t.description === task.plan.name)?.id; // stored, though never answered
      task.id ??= (await api.run(requestOf(task.plan, this.#witnesses), limit)).id;
    }
    await Promise.all(due.map((task) => watch(api, task, limit)));
  }

  async #gather(server: Server): Promise<Evidence> {
    const signal = AbortSignal.timeout(END_MS);
    const api = httpApi({ url: server.url, apiKey: server.key });
    const tasks: TaskEvidence[] = [];
    for (const task of this.#tasks) tasks.push(await this.#look(api, task, signal));
    const items = await untilIdle(api, signal);
    const taskCount = items.filter((task) => task.name !== 'Health').length; // a new machine is checked
    server.child.kill('SIGTERM');
    await exited(server);
    const workspaces = await emptied(async () => workspacesOf(this.#home)); // a prepared one goes with its connection
    await this.#machine?.stop();
    const processes = await emptied(async () => processesOf(this.#home).map((p) => p.command));
    return { tasks, taskCount, workspaces, processes };
  }

  async #look(api: OctoApi, { plan, id = '', lines, cancelAnswer }: Watched, signal: AbortSignal) {
    const { task, errorCode, outputs, artifacts } = await api.task(id, signal);
    const contents = artifacts.map(async ({ id: artifactId, name, sizeBytes }) => ({
      name,
      content: sizeBytes === null ? undefined : await textOf(api.artifact(artifactId, signal)),
    }));
    return {
      plan,
      state: task.state,
      errorCode,
      errorMessage: task.errorMessage,
      cancelAnswer,
      watched: lines,
      log: await wholeLog(api, id, signal),
      outputs,
      artifacts: await Promise.all(contents),
      witnesses: await readWitnesses(this.#witnesses, plan),
    };
  }
}

/** Read the log as it comes, cancel where the plan says so, until the task is over. */
async function watch(api: OctoApi, task: Watched, signal: AbortSignal): Promise<void> {
  const { id = '', lines, plan } = task;
  for (let page: LogPage | undefined; !page?.isEnd;) {
    if (isCancelDue(task)) task.cancelAnswer = (await api.cancel(id, signal)).state;
    try {
      page = await api.log(id, { after: lines.at(-1)?.seq ?? 0, waitMs: 2_000 }, signal);
    } catch (error) {
      if (!signal.aborted || !isTimeout(signal.reason)) throw error;
      throw new Error(`task ${plan.name} is still ${page?.state ?? 'unheard of'} after ${END_MS / 1000} s`, {
        cause: error,
      });
    }
    lines.push(...page.lines);
  }
}
function isCancelDue({ plan: { cancelAt }, cancelAnswer, lines }: Watched): boolean {
  if (!cancelAt || cancelAnswer !== undefined) return false;
  const { action, line } = cancelAt;
  return line === 0 || lines.some((l) => l.activityId === `${action}/1` && l.text === `line ${line}`);
}
function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}

async function wholeLog(api: OctoApi, id: string, signal: AbortSignal): Promise<Line[]> {
  const lines: Line[] = [];
  for (let after = 0; ;) {
    const page = await api.log(id, { after, waitMs: 0 }, signal);
    lines.push(...page.lines);
    if (page.isEnd) return lines;
    if (page.lines.length === 0) throw new Error(`the log of ${id} has no end: the task is ${page.state} again`);
    after = page.next;
  }
}
async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** All tasks, when none is open: checks of the machine are tasks, too. */
function untilIdle(api: OctoApi, signal: AbortSignal) {
  return until('checks of the machine are over', async () => {
    const { items } = await api.tasks({ take: 100 }, signal);
    return items.every(({ state }) => !OPEN.includes(state)) && items;
  });
}

/** What is left after a moment of grace. */
async function emptied(look: () => Promise<string[]>): Promise<string[]> {
  return until('nothing is left', async () => (await look()).length === 0, 3_000).then(
    () => [],
    () => look(),
  );
}

function ended({ child }: Server): AbortSignal {
  const ending = new AbortController();
  child.once('exit', () => ending.abort(new Error('the server ended')));
  if (child.exitCode !== null || child.signalCode !== null) ending.abort(new Error('the server ended'));
  return ending.signal;
}
function exited({ child }: Server): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** Whatever a broken promise left running, and what that was just about to start. */
function reap(home: Home): void {
  for (let left = processesOf(home), tries = 50; left.length > 0 && tries > 0; left = processesOf(home), tries--) {
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it has just ended
      }
    }
  }
}
