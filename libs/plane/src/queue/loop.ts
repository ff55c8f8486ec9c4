import { failpoint, type Logger } from '@octo/kernel';
import { setTimeout as sleep } from 'node:timers/promises';
import { ARTIFACT_DAYS, ARTIFACT_DAYS_DEFAULT } from '../limits.ts';
import { lookAfterOwnStrays } from '../health/own-strays.ts';
import { queueDueChecks } from '../health/schedule.ts';
import { type Claim, type ServerTask } from '../model/task.ts';
import { type Spaces } from '../ports-administration.ts';
import { type Nodes, type Subscription } from '../ports.ts';
import { isStorageAway, TaskStop } from '../stop-reasons.ts';
import { adoptTheDead, type Adoption } from './adopt.ts';
import { executeTask, type Running } from './execute.ts';
import { CHECKS, mostChecks } from './checks.ts';
import { explainQueue } from './explain-queue.ts';
import { type Workshop } from './room.ts';

export type LoopDeps = Workshop &
  Adoption & { readonly nodes: Nodes; readonly logger: Logger; readonly spaces: Spaces };

export interface LoopOptions {
  /** In-process planes take only what they enqueued (house.md 6.3). */
  readonly onlyOwn: boolean;
}

/** Between two batches of old tasks that are deleted. */
const SWEEP_PAUSE_MS = 50;
/** R236 */
const EVENT_DAYS = 90;
const DAY_MS = 24 * 3_600_000;
/** How often built-in workers are asked what became of abandoned scripts. */
const STRAYS_MS = 60_000;
/** How often old artifacts are looked for. */
const RETENTION_MS = 3_600_000;

/**
 * One node at work: takes queued tasks while it has room, renews what it holds, hears of cancels, adopts what dead
 * nodes left behind. Woken by events; the tick is the net under them.
 */
export class NodeLoop implements AsyncDisposable {
  readonly #workshop: LoopDeps;
  readonly #options: LoopOptions;
  readonly #running = new Map<string, Running & { readonly done: Promise<void> }>();
  readonly #stop = new AbortController();
  #loops: readonly Promise<void>[] = [];
  /** The database went away while a task ran, or was being claimed: this node may hold tasks that nobody works on. */
  #hasLost = false;

  constructor(workshop: LoopDeps, options: LoopOptions) {
    this.#workshop = workshop;
    this.#options = options;
  }

  get runningTasks(): readonly string[] {
    return [...this.#running.keys()];
  }

  /** Adopt what is left behind, then begin to work. Resolves when the first look at the queue is due. */
  async start(): Promise<void> {
    await this.#adopt('too');
    this.#loops = [
      this.#each('queue', this.#workshop.limits.tickMs, () => this.#takeTasks()),
      this.#each('tend', this.#workshop.limits.tickMs, () => this.#tendQueue()),
      this.#each('cancel', this.#workshop.limits.tickMs, () => this.#renew()),
      this.#each('adopt', this.#workshop.limits.adoptMs, () =>
        this.#options.onlyOwn ? undefined : this.#adopt('not'),
      ),
      this.#each('handed', this.#workshop.limits.adoptMs, () =>
        this.#options.onlyOwn ? undefined : this.#takeHanded(),
      ),
      this.#each('health', this.#workshop.limits.adoptMs, () =>
        this.#options.onlyOwn ? undefined : queueDueChecks(this.#workshop),
      ),
      this.#each('strays', STRAYS_MS, () => lookAfterOwnStrays(this.#workshop, this.#stop.signal)),
      this.#each('retention', RETENTION_MS, () => (this.#options.onlyOwn ? undefined : this.#sweep())),
    ];
  }

  /** Let go: running scripts go on, their tasks wait for the next node (R225, R247). */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#loops);
    for (const { stop } of this.#running.values()) stop.abort(TaskStop.detached());
    const letGo = Promise.allSettled([...this.#running.values()].map((r) => r.done));
    await Promise.race([letGo, sleep(this.#workshop.limits.stopMs, undefined, { ref: false })]);
    await this.#workshop.leases.releaseOfNode(this.#workshop.nodeId).catch((error: unknown) => {
      this.#workshop.logger.warn({ room: 'queue', error: String(error) }, 'leases end by themselves');
    });
  }

  async #takeTasks(): Promise<void> {
    const { tasks, nodes, nodeId, clock, limits } = this.#workshop;
    if (this.#hasLost) await this.#takeBack();
    const cap = (await nodes.get(nodeId))?.taskCap ?? 0;
    while (this.#running.size < cap && !this.#stop.signal.aborted) {
      const nowMs = clock.now();
      const at = { nowMs, untilMs: nowMs + limits.claimMs };
      const except = this.#checks().length >= mostChecks(cap) ? { except: CHECKS } : {};
      const taken = await tasks.claimNext({ nodeId, onlyOwn: this.#options.onlyOwn, ...except }, at);
      if (!taken) break;
      failpoint('claimed');
      this.#execute(taken.task, taken.claim);
    }
  }

  /** Those that run here. */
  #checks(): readonly string[] {
    return [...this.#running.values()].filter(({ task }) => CHECKS.includes(task.name)).map(({ task }) => task.id);
  }

  /** Here, where tasks are claimed one after the other: what is not running now is in nobody's hands. */
  async #takeBack(): Promise<void> {
    const { tasks, nodeId, clock, limits, logger } = this.#workshop;
    const nowMs = clock.now();
    const at = { nowMs, untilMs: nowMs + limits.claimMs, except: this.runningTasks };
    this.#hasLost = false; // set again by the round that fails, and by a task that is just letting go
    const found = await tasks.adopt(nodeId, nodeId, at);
    for (const { task, claim } of found) {
      logger.info({ room: 'queue', taskId: task.id }, 'goes on with a task, for the database is back');
      this.#execute(task, claim);
    }
  }

  /** What another node has handed to this one is held by it, and not running. */
  async #takeHanded(): Promise<void> {
    const { tasks, nodeId, signals } = this.#workshop;
    const held = await tasks.list({ nodeId, states: ['Executing', 'Cancelling'], skip: 0, take: 1_000 });
    if (held.items.every((task) => this.#running.has(task.id))) return;
    this.#hasLost = true; // the round that claims takes it: what it is just claiming looks the same from here
    signals.publish('queue');
  }

  /** What no event tells: queued tasks that have waited too long, or long enough to be told why. */
  async #tendQueue(): Promise<void> {
    await this.#endExpired();
    const cap = (await this.#workshop.nodes.get(this.#workshop.nodeId))?.taskCap ?? 0;
    await explainQueue(this.#workshop, { cap, running: this.#running.size, checks: this.#checks(), ...this.#options });
  }

  #execute(task: ServerTask, claim: Claim): void {
    const running: Running = { task, claim, stop: new AbortController() };
    if (task.state === 'Cancelling') running.stop.abort(TaskStop.cancelled());
    const done = this.#toTheEnd(running).finally(() => {
      this.#running.delete(task.id);
      this.#workshop.signals.publish('queue');
    });
    this.#running.set(task.id, { ...running, done });
    this.#workshop.signals.publish(`task:${task.id}`);
  }

  async #toTheEnd(running: Running): Promise<void> {
    try {
      if (!(await executeTask(this.#workshop, running))) this.#hasLost = true;
    } catch (error) {
      const { task } = running;
      this.#workshop.logger.error({ room: 'queue', taskId: task.id, error: String(error) }, 'a task was dropped');
    }
  }

  /** Prolong what this node holds; notice what was cancelled, and what another node has taken. */
  async #renew(): Promise<void> {
    const { tasks, leases, nodes, nodeId, clock, limits } = this.#workshop;
    await nodes.seen(nodeId, clock.now());
    if (this.#running.size === 0) return;
    const before = [...this.#running.values()];
    const untilMs = clock.now() + limits.claimMs;
    const held = new Map((await tasks.renew(nodeId, untilMs)).map((h) => [h.taskId, h]));
    await leases.renew(nodeId, untilMs);
    for (const { task, claim, stop } of before) {
      const now = held.get(task.id);
      if (now?.state === 'Cancelling') stop.abort(TaskStop.cancelled());
      else if (!now ? this.#running.has(task.id) : now.fence !== claim.fence)
        await this.#dropIfLost(task.id, claim, stop);
    }
  }

  async #dropIfLost(taskId: string, claim: Claim, stop: AbortController): Promise<void> {
    const now = await this.#workshop.tasks.get(taskId);
    const isMine = now?.claim?.fence === claim.fence && now.claim.nodeId === claim.nodeId;
    const isOpen = now?.state === 'Executing' || now?.state === 'Cancelling';
    if (isOpen && !isMine) stop.abort(TaskStop.claimLost());
  }

  async #adopt(self: 'too' | 'not'): Promise<void> {
    for (const { task, claim } of await adoptTheDead(this.#workshop, self)) {
      if (!this.#running.has(task.id)) this.#execute(task, claim);
    }
  }

  async #sweep(): Promise<void> {
    await this.#sweepArtifacts();
    await this.#sweepTasks();
    await this.#workshop.events.sweep(this.#workshop.clock.now() - EVENT_DAYS * DAY_MS);
  }

  async #sweepArtifacts(): Promise<void> {
    const { artifacts, settings, clock, logger } = this.#workshop;
    const days = await settings.get(ARTIFACT_DAYS, ARTIFACT_DAYS_DEFAULT);
    if (days === 0) return;
    const swept = await artifacts.sweep(clock.now() - days * DAY_MS);
    if (swept > 0) logger.info({ room: 'retention', swept, days }, 'artifacts were deleted because of their age');
  }

  /** R218 */
  async #sweepTasks(): Promise<void> {
    const { tasks, clock, logger } = this.#workshop;
    const rule = { sinceMs: clock.now() - 30 * DAY_MS, keep: 20_000, keepOfEach: 20, limit: 100 };
    for (let all = 0; !this.#stop.signal.aborted;) {
      const swept = await tasks.sweep(rule);
      all += swept.length;
      if (swept.length > 0) {
        await sleep(SWEEP_PAUSE_MS, undefined, { signal: this.#stop.signal }); // nobody waits for it
        continue;
      }
      if (all > 0) logger.info({ room: 'retention', tasks: all }, 'old tasks were deleted');
      return;
    }
  }

  async #endExpired(): Promise<void> {
    const { tasks, journal, clock, signals } = this.#workshop;
    const nowMs = clock.now();
    const change = { errorCode: 'OCTO_QUEUE_TIMEOUT', errorMessage: 'no node took the task in time' };
    for (const task of await tasks.endQueued({ expiredAtMs: nowMs }, 'TimedOut', change, nowMs)) {
      const text = `Left the queue: ${change.errorMessage}; nothing has run`;
      await journal.appendUnclaimed(task.id, [{ activityId: '', category: 'Error', atMs: nowMs, text }]);
      signals.publish(`task:${task.id}`);
    }
  }

  /** Do it now, at each signal and at each tick, until the node stops. A failure is logged and tried again. */
  async #each(topic: string, tickMs: number, act: () => Promise<void> | undefined): Promise<void> {
    using news: Subscription = this.#workshop.signals.subscribe(topic);
    while (!this.#stop.signal.aborted) {
      try {
        await act();
        await news.next(tickMs, this.#stop.signal);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#hasLost ||= isStorageAway(error);
        this.#workshop.logger.error({ room: 'queue', topic, error: String(error) }, 'a round of the node failed');
        await sleep(tickMs, undefined, { signal: this.#stop.signal }).catch(() => {});
      }
    }
  }
}
