import { type IncomingMessage } from 'node:http';
import { type Duplex } from 'node:stream';
import { type Schema } from './schema.ts';
import { type Secret } from './secret.ts';
import { type Deps, type Resolved } from './token.ts';
import { type ActivityLog } from './worker.ts';

/** A source of bytes that can be opened anew for a retry or a resume. */
export interface Bytes {
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256?: string;
  /** Opens a fresh stream. `fromByte` (default 0) skips what the other side already has. */
  open(fromByte?: number): AsyncIterable<Uint8Array>;
}

/** The transport's own place in a script's output; opaque above it. `''` means: from the first line. */
export type Cursor = string;

/** One line the script wrote. `atMs` is the worker's clock in milliseconds since the epoch; it is shown, never compared. */
export interface OutputLine {
  readonly source: 'StdOut' | 'StdErr' | 'Debug';
  readonly atMs: number;
  readonly text: string;
  /** True when the line was cut because of its length: the next line of the same source is the rest of it. */
  readonly continues?: boolean;
}

/** What a machine is asked to start. Made by the plane from a script and its variables; a machine runs its own shell, nothing else. */
export interface Launch {
  /** Named by whoever waits for the isolation mutex (R164). */
  readonly taskId: string;
  /** Body for the machine's own shell; both where its system is not known. */
  readonly body: { readonly bash?: string; readonly powershell?: string };
  /** Appended to the body's invocation as separate words, no shell in between. */
  readonly arguments?: readonly string[];
  /** In place before the body runs. Names are relative to the workspace and stay inside it. */
  readonly files?: readonly LaunchFile[];
  readonly isolation: Isolation;
  /** What the script may take; a machine side that cannot watch it says so (`Capabilities.limits`). Default: none. */
  readonly limits?: ScriptLimits;
  /** Fencing number of the claim; a machine side that has seen a higher one for this task refuses (I3). */
  readonly fence?: number;
}
export interface LaunchFile {
  readonly name: string;
  readonly content: Bytes;
  /** Handed over on a descriptor, or 0600 and emptied by the body once it is read: nothing readable while user code runs. */
  readonly secret?: boolean;
}
/** When one is exceeded the script is stopped, and `detail` of its end names the limit. */
export interface ScriptLimits {
  /** Longest run, counted from its start, not from its wait for the mutex. */
  readonly timeMs?: number;
  /** Most bytes on stdout and stderr together. */
  readonly outputBytes?: number;
  /** Most disk that its workspace takes. */
  readonly diskBytes?: number;
}
export interface Isolation {
  readonly exclusive: boolean;
  /** Name of the mutex on the machine. Octopus's default is `RunningScript` (R161). */
  readonly mutex: string;
  /** Longest wait for the mutex; then the script ends as `unstarted` with exit code −44. Default: none (R165). */
  readonly timeoutMs?: number;
}

/** Names one start of one script. `handle` is what a foreign machine side calls it, learnt from `start`. */
export interface ScriptRef {
  readonly ticket: string;
  readonly handle?: string;
}

/**
 * How a script came to its end.
 * - `exited`: by itself; the exit code is its own.
 * - `stopped`: cancelled, and the whole process tree was seen dead.
 * - `abandoned`: cancelled, but death was not seen; something may still run.
 * - `unstarted`: it surely never ran (exit codes −44, −45, −47).
 * - `unknown`: it was started and its result is lost (−46).
 */
export type ScriptEnd = 'exited' | 'stopped' | 'abandoned' | 'unstarted' | 'unknown';

/** Why a script is still pending: what a machine side says of its isolation mutex, where it can (R164, R252). */
export interface Blocked {
  readonly mutex: string;
  /** Tasks whose scripts have to end first. */
  readonly byTasks: readonly string[];
  /** How long it has waited. */
  readonly forMs: number;
  /** Longest wait; absent: none. */
  readonly limitMs?: number;
}

/** One page of a script's output and where it stands. Complete comes with the last page. */
export type ScriptStatus = {
  readonly lines: readonly OutputLine[];
  /** Cursor behind the last line of this page. */
  readonly next: Cursor;
  readonly handle?: string;
} & (
  | { readonly state: 'Pending'; readonly blocked?: Blocked }
  | { readonly state: 'Running' }
  | { readonly state: 'Complete'; readonly end: ScriptEnd; readonly exitCode: number; readonly detail?: string }
);

/** What the machine side can do. What it cannot do is said here, never by a thrown surprise. */
export interface Capabilities {
  /** For people: 'octo agent 0.1', 'Tentacle 9.1', 'OpenSSH 9.2'. */
  readonly agent: string;
  /** False where a repeated start may run the script twice (script service v1). */
  readonly startsOnce: boolean;
  /** Shells that a launch body may be written for. */
  readonly shells: readonly ('bash' | 'powershell')[];
  /** Path of a Node that tools may use; absent: the plane ships one. */
  readonly node?: string;
  /** System and processor as Node names them: `linux-x64`, `darwin-arm64`, `win32-x64`, `linux-x64-musl`. Absent: not known. */
  readonly platform?: string;
  /** True where `Launch.limits` are watched. */
  readonly limits?: boolean;
  /** As whom scripts run and how they are kept apart, for people. */
  readonly scriptsRunAs?: string;
}

/**
 * One open conversation with one worker.
 *
 * - **Order.** `start`, `status` until Complete, artifacts, `complete` once. `capabilities`, `upload`, `download` and
 *   `cancel` at any time. All calls may overlap. Closing a session never ends a script; pools of warm connections live
 *   in what the transport's `create` returned.
 * - **start** is idempotent by ticket, also when called twice at the same time: a known ticket answers with its state
 *   and its lines from the first. Files are in place before the body runs.
 * - **status** answers when there is news, at the latest after `waitMs` (0 = at once). A transport whose far side can
 *   only be asked asks inside the call, with a back-off of its own: nobody above sleeps. One answer is one page of
 *   bounded size. A cursor may be asked for again: the same lines come, in the same order, none lost, none doubled.
 * - **cancel** only asks, may be repeated, is quiet about an unknown ticket; the end comes by `status`. After a cancel
 *   no exit code is promised, only `end`.
 * - **complete** forgets the ticket and deletes its workspace, is quiet about an unknown ticket, and returns the lines
 *   that only it releases (script service v1), else none.
 * - **upload** is whole or not at all; relative paths start at the machine side's root; the answer names the full path.
 *   **download** of what is not there is `undefined`.
 * - **Failure** to reach the machine is a `TransportError` with `started: 'no' | 'maybe'`.
 * - **Far.** Every argument is data or `Bytes`, so a call can be relayed to the node where the worker is connected.
 *
 * Each of these lines is a case of `transportContract` in @octo/testkit.
 */
export interface Session extends AsyncDisposable {
  /** A fresh round trip: also the connectivity check (R88). */
  capabilities(signal: AbortSignal): Promise<Capabilities>;
  start(ticket: string, launch: Launch, signal: AbortSignal): Promise<ScriptStatus>;
  status(
    script: ScriptRef,
    from: { readonly after: Cursor; readonly waitMs: number },
    signal: AbortSignal,
  ): Promise<ScriptStatus>;
  cancel(script: ScriptRef, signal: AbortSignal): Promise<void>;
  complete(script: ScriptRef, after: Cursor, signal: AbortSignal): Promise<readonly OutputLine[]>;
  upload(
    path: string,
    content: Bytes,
    signal: AbortSignal,
    progress?: (sentBytes: number) => void,
  ): Promise<{ readonly path: string }>;
  download(path: string, signal: AbortSignal): Promise<Bytes | undefined>;
  /** Delete what uploads and lost scripts have left, older than so many days, and not in use (R180). Absent: it cannot. */
  clean?(olderThanDays: number, signal: AbortSignal): Promise<{ readonly removed: number }>;
  /**
   * Replace the machine side's own program, beside running scripts, which go on. The new one proves itself before the old
   * one goes; if it does not, the old one serves on, and the answer says why (I17). Absent: it cannot be replaced from here.
   */
  update?(program: MachineProgram, signal: AbortSignal, progress?: (sentBytes: number) => void): Promise<UpdateEnd>;
}
/** A machine side's program for one platform. */
export interface MachineProgram {
  readonly version: string;
  readonly content: Bytes & { readonly sha256: string };
}
/** `current`: it is that version already. `failed`: it serves as before. */
export type UpdateEnd =
  | { readonly state: 'current' | 'updated'; readonly version: string }
  | { readonly state: 'failed'; readonly why: string };

/** Time limits and retries of the worker's machine policy. Source: R117, R119, R121–R124. */
export interface ConnectionLimits {
  readonly connectTimeoutMs: number;
  readonly retryAttempts: number;
  readonly retrySleepMs: number;
  readonly retryTimeLimitMs: number;
  readonly pollingPickUpMs: number;
  /** So long a call that failed on its way is made again (R117). Default: `retryTimeLimitMs`. */
  readonly callRetryMs?: number;
}

/** Credentials as a transport gets them: type and plain fields, sensitive ones wrapped. */
export interface Account {
  readonly id: string;
  readonly type: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, Secret>>;
}
export interface Proxy {
  readonly id: string;
  /** Default: an HTTP proxy that knows CONNECT. */
  readonly kind?: 'http' | 'socks5';
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: Secret;
}

export interface Opening<E> {
  readonly workerId: string;
  readonly endpoint: E;
  readonly limits: ConnectionLimits;
  /** For 'connection try 4 of 5' (R126) and reconnects (R137). */
  readonly log: ActivityLog;
  /** A plugin cannot reach the store; it asks for what the endpoint names. */
  account(id: string): Promise<Account>;
  proxy(id: string): Promise<Proxy>;
}

export interface Transport<E> {
  open(to: Opening<E>, signal: AbortSignal): Promise<Session>;
  /** Thumbprint or host key of what answers there, before it is trusted; with the rest of an endpoint as far as it is known. */
  discover?(
    at: { readonly host: string; readonly port: number; readonly proxy?: Proxy },
    signal: AbortSignal,
  ): Promise<Partial<E>>;
  /**
   * Workers that call us; the server runs it until the signal aborts, the CLI never. One that throws is started again
   * after a pause, except where it cannot listen at the server's start; one that returns has nothing to serve.
   */
  serve?(inbound: Inbound<E>, signal: AbortSignal): Promise<void>;
}

/** A worker that may connect from an address. */
export interface Registration<E> {
  readonly workerId: string;
  readonly endpoint: E;
  /** Aborts when its endpoint changes or it is deleted, by whatever node: drop the connection, and find it again. */
  readonly changed: AbortSignal;
}

/** What a transport with inbound workers may ask of the server. */
export interface Inbound<E> {
  /** Agents can come from now on; the start of the server waits for it. `at`: the address of its own where it listens. */
  ready(at?: { readonly host: string; readonly port: number }): void;
  /**
   * Who may connect from this address, over all spaces: a machine that is registered in two of them is two workers with
   * one address (R33), perhaps of different certificates. A disabled one is among them, for what it runs may end (R34).
   */
  find(address: string): Promise<readonly Registration<E>[]>;
  /** While held, this node reaches the worker. May be held several times: once for each connection. */
  here(workerId: string): Disposable;
  /** Take over HTTP upgrades of one path on the server's own port. */
  upgrade(path: string, take: (request: IncomingMessage, socket: Duplex, head: Uint8Array) => void): Disposable;
}

/**
 * A kind of endpoint and how it is reached.
 * `anywhere`: every node can open it; `where-connected`: only the node that the worker called, and one that is nowhere
 * connected is waited for (`ConnectionLimits.pollingPickUpMs`), then `open`, or the first call, fails with `started: 'no'`; `own-node`: the built-in
 * worker, which is no record and is never added by a user (R14, R19, R32).
 */
export interface TransportType<E = unknown> {
  /** Octopus communication style: `TentaclePassive`, `TentacleActive`, `Ssh`, `None`, or a new one. Unique among plugins. */
  readonly style: string;
  /** Word of the command line: `octo worker add <word>`. */
  readonly word: string;
  readonly endpoint: Schema<E>;
  readonly reach: 'anywhere' | 'where-connected' | 'own-node';
  /** Indexed address of an endpoint; what `Inbound.find` looks up. */
  address?(endpoint: E): string;
  readonly deps: Deps<'server'>;
  create(deps: never): Transport<E>;
}

export function defineTransport<E, const D extends Deps<'server'>>(
  transport: Omit<TransportType<E>, 'deps' | 'create' | 'address'> & {
    address?(endpoint: NoInfer<E>): string;
    deps: D;
    create(deps: Resolved<D>): Transport<NoInfer<E>>;
  },
): TransportType {
  return transport as TransportType; // E is existential from here on: only `endpoint` makes the E that `create` gets
}

/** Exit codes that no script chose itself. Source: Octopus.Tentacle.Contracts/ScriptExitCodes.cs (halibut.md 5.3). */
export const ScriptExit = {
  Fatal: -41,
  ShellNotStarted: -42,
  CancelledBeforeStart: -43,
  MutexTimeout: -44,
  UnknownScript: -45,
  UnknownResult: -46,
  PowerShellNeverStarted: -47,
} as const;
