import { type Client, type ClientChannel } from 'ssh2';
import { connectTo, Full, type OpenShell, openShell, programOf, type Target } from './connection.ts';
import { sshError } from './errors.ts';
import { type Hello, Shell } from './shell.ts';

export interface LaneOptions {
  readonly target: Target;
  readonly host: string;
  /** Folder of octo's files there, relative to the account's home or absolute. */
  readonly root: string;
  readonly dial: Parameters<typeof connectTo>[1]['dial'];
  readonly limits: LaneLimits;
}
export interface LaneLimits {
  /** Connections to one machine at once. Default 6. */
  readonly connections: number;
  /** Channels of one connection: OpenSSH's MaxSessions is 10, and people need some, too. Default 8. */
  readonly channels: number;
  /** A connection that nobody has used for so long is closed. Default 60 s. */
  readonly idleMs: number;
  /** Longest time for a connection and its first answer. */
  readonly connectMs: number;
}

/** A shell that somebody has to himself until he gives it back. */
export interface Lane {
  readonly shell: Shell;
  readonly hello: Hello;
}
interface Line {
  readonly client: Client;
  readonly program: string;
  readonly lanes: Set<Lane>;
  readonly free: Lane[];
  /** Channels being opened, and those for bytes. */
  opening: number;
  /** Fewer than asked for where the server said that it allows no more. */
  most: number;
  isOver: boolean;
  /** At least one channel was opened. */
  hasWorked: boolean;
}
/** A wait for news ends within a second of being asked to. */
const SETTLE_MS = 5_000;

interface Waiting {
  readonly isServed: () => boolean;
  readonly serve: () => void;
}

/**
 * The connections to one machine. Shells are used again; where all are busy another channel is opened, then another
 * connection; where neither is allowed, one waits for the next that is given back, and those who only wait for news are
 * asked to give way.
 */
export class Lanes implements AsyncDisposable {
  readonly #options: LaneOptions;
  readonly #lines: Line[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #resting = new Set<() => void>();
  #connecting: Promise<Line> | undefined;
  #idle: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Name and version of the SSH server, once known. */
  get program(): string | undefined {
    return this.#lines.at(-1)?.program;
  }
  get connections(): number {
    return this.#lines.length;
  }

  async take(signal: AbortSignal): Promise<Lane> {
    for (;;) {
      signal.throwIfAborted();
      const lane = this.#free() ?? (await this.#open(signal));
      if (lane) return lane;
      if (this.#isFull()) await this.#wait(signal);
    }
  }

  /** Whoever gave up leaves it at work: it is free when it has answered, for which it gets a while. */
  giveBack(lane: Lane): void {
    const line = this.#lines.find((it) => it.lanes.has(lane));
    const { shell } = lane;
    if (line && !shell.isOver && shell.isBusy) {
      const limit = setTimeout(() => shell[Symbol.dispose](), SETTLE_MS);
      void shell.settled().then(() => {
        clearTimeout(limit);
        this.giveBack(lane);
      });
      return;
    }
    if (line && !shell.isOver) line.free.push(lane);
    else {
      line?.lanes.delete(lane);
      shell[Symbol.dispose]();
    }
    this.#next();
    this.#rest();
  }

  /** While held, whoever needs a shell may ask for this one. */
  resting(giveWay: () => void): Disposable {
    this.#resting.add(giveWay);
    if (this.#waiting.some((it) => !it.isServed())) giveWay();
    return { [Symbol.dispose]: () => void this.#resting.delete(giveWay) };
  }

  /** A channel for bytes: what is in /bin/sh on the other side is `exec`ed by the caller's first line. */
  async channel(signal: AbortSignal): Promise<{ readonly channel: ClientChannel; readonly end: () => void }> {
    for (;;) {
      signal.throwIfAborted();
      const line = this.#withRoom() ?? (await this.#connect(signal));
      if (line) {
        const opened = await this.#channelOf(line);
        if (opened) {
          const { channel } = opened;
          line.opening++;
          let isEnded = false;
          const end = () => {
            if (isEnded) return;
            isEnded = true;
            line.opening--;
            channel.close();
            this.#next();
            this.#rest();
          };
          channel.once('close', end).on('error', () => {});
          return { channel, end };
        }
      } else await this.#wait(signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#idle);
    for (const line of this.#lines.slice()) this.#drop(line);
    await this.#connecting?.catch(() => {});
  }

  #free(): Lane | undefined {
    for (const line of this.#lines)
      for (let lane = line.free.pop(); lane; lane = line.free.pop()) {
        if (!lane.shell.isOver) return lane;
        line.lanes.delete(lane);
      }
    return undefined;
  }

  /** Undefined: somebody else has to give one back first, or has just taken what was free. */
  async #open(signal: AbortSignal): Promise<Lane | undefined> {
    const line = this.#withRoom() ?? (await this.#connect(signal));
    if (!line) return undefined;
    const { host, root, limits } = this.#options;
    const opened = await this.#channelOf(line);
    if (!opened) return undefined;
    const shell = new Shell(opened, host);
    line.opening++;
    const limit = setTimeout(() => shell[Symbol.dispose](), limits.connectMs);
    try {
      const lane = { shell, hello: await shell.begin(root) };
      line.lanes.add(lane);
      opened.channel.once('close', () => line.lanes.delete(lane));
      return lane;
    } catch (error) {
      shell[Symbol.dispose]();
      throw error;
    } finally {
      clearTimeout(limit);
      line.opening--;
    }
  }

  /** Somebody has to give something back first. */
  #isFull(): boolean {
    return this.#lines.length >= this.#options.limits.connections && !this.#withRoom();
  }
  #withRoom(): Line | undefined {
    return this.#lines.find((it) => !it.isOver && it.lanes.size + it.opening < it.most);
  }

  async #channelOf(line: Line): Promise<OpenShell | undefined> {
    line.opening++;
    try {
      const opened = await openShell(line.client, this.#options.host);
      line.hasWorked = true;
      return opened;
    } catch (error) {
      if (!(error instanceof Full)) throw error;
      line.most = Math.max(0, line.lanes.size + line.opening - 1);
      if (line.most === 0) {
        this.#drop(line);
        if (line.hasWorked) return undefined; // what was closed here is still at work there
        throw sshError('OCTO_TRANSPORT_SSH_SHELL', `${this.#options.host} allows no sessions at all`, {
          hint: 'look at MaxSessions and ForceCommand in its sshd_config',
          isReached: true,
          cause: error,
        });
      }
      return undefined;
    } finally {
      line.opening--;
    }
  }

  /** One at a time, for a server lets only some people in who have not signed in yet (MaxStartups). */
  async #connect(signal: AbortSignal): Promise<Line | undefined> {
    if (this.#isOver) throw sshError('OCTO_TRANSPORT_SSH_CUT', `the connection to ${this.#options.host} was closed`);
    if (this.#lines.length >= this.#options.limits.connections) return undefined;
    this.#connecting ??= this.#newLine().finally(() => (this.#connecting = undefined));
    return until(this.#connecting, signal);
  }

  async #newLine(): Promise<Line> {
    const { target, dial, limits } = this.#options;
    const limit = AbortSignal.timeout(limits.connectMs);
    const client = await connectTo(target, { dial, limitMs: limits.connectMs }, limit).catch((error: unknown) => {
      if (!limit.aborted) throw error;
      throw sshError('OCTO_TRANSPORT_SSH_CONNECT', `${this.#options.host} did not let anybody in within ${limits.connectMs / 1_000} s`, {
        isPassing: true,
      }); // prettier-ignore
    });
    const line: Line = {
      client,
      program: programOf(client),
      lanes: new Set(),
      free: [],
      opening: 0,
      most: limits.channels,
      isOver: false,
      hasWorked: false,
    };
    client.once('close', () => this.#drop(line));
    if (this.#isOver) client.end();
    else this.#lines.push(line);
    return line;
  }

  #drop(line: Line): void {
    if (line.isOver) return;
    line.isOver = true;
    const at = this.#lines.indexOf(line);
    if (at >= 0) this.#lines.splice(at, 1);
    for (const { shell } of line.lanes) shell[Symbol.dispose]();
    line.lanes.clear();
    line.client.end();
    line.client.destroy();
    this.#next();
  }

  #wait(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let isServed = false;
    const abort = () => {
      isServed = true;
      reject(signal.reason as Error);
    };
    const serve = () => {
      isServed = true;
      signal.removeEventListener('abort', abort);
      resolve();
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#waiting.push({ isServed: () => isServed, serve });
    for (const giveWay of this.#resting) giveWay();
    return promise;
  }

  #next(): void {
    for (let first = this.#waiting.shift(); first; first = this.#waiting.shift())
      if (!first.isServed()) return first.serve();
  }

  /** A connection that nobody uses is closed after a while. */
  #rest(): void {
    clearTimeout(this.#idle);
    const look = () => {
      for (const line of this.#lines.slice())
        if (line.opening === 0 && line.free.length === line.lanes.size) this.#drop(line);
    };
    this.#idle = setTimeout(look, this.#options.limits.idleMs);
    this.#idle.unref();
  }
}

/** What many wait for goes on for the others when one of them gives up. */
function until<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', abort));
}
