import { type Schema } from './schema.ts';
import { type Bytes, type Isolation, type ScriptEnd, type ScriptLimits } from './transport.ts';

/** Languages that a script may be written in. Source: calamari.md 1.4, `Octopus.Action.Script.Syntax`. */
export const SYNTAXES = ['Bash', 'PowerShell', 'Python'] as const;
export type Syntax = (typeof SYNTAXES)[number];

/** What a step asks a worker to run. The plane makes a {@link Launch} of it: helper functions, variables, files. */
export interface Script {
  readonly syntax: Syntax;
  readonly body: string;
  /** Where the body is laid, relative to the workspace; default: a name of the plane's own. */
  readonly fileName?: string;
  /** Appended verbatim to the script's invocation; the worker's shell parses it (`Octopus.Action.Script.ScriptParameters`). */
  readonly parameters?: string;
  /** Files laid beside the script before it starts, by path relative to the workspace. */
  readonly files?: readonly { readonly name: string; readonly content: Bytes; readonly secret?: boolean }[];
  /** Replaces parts of what the variables of the task say about isolation (R161, R162). */
  readonly isolation?: Partial<Isolation>;
  /** Replaces parts of what the variables of the task say about limits. */
  readonly limits?: ScriptLimits;
  /** Identity of this run inside the action's attempt. Default: its ordinal among the calls of `run` and `use`. */
  readonly key?: string;
}

export interface ScriptResult {
  readonly exitCode: number;
  readonly end: ScriptEnd;
  /** Of an end that needs words: which limit was exceeded, what was seen dead, which process may still run. */
  readonly detail?: string;
  /** What a tool threw: its code, sentence and hint. */
  readonly failure?: ToolFailure;
  /** Output variables that this run set, by bare name. */
  readonly outputs: ReadonlyMap<string, string>;
  /** Text of the last `resultMessage` (calamari.md 2.2): why the script says that it failed. */
  readonly message?: string;
  /**
   * True when a line came on stderr that the script had not declared to be progress or to be ignored. Decides nothing by
   * itself; what is logged as an error on stdout does not count (calamari.md 1.4, 2.3).
   */
  readonly hasErrors: boolean;
}

/** An error of a tool, as it left the worker. */
export interface ToolFailure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/**
 * Step code that runs on the worker: one bundled file with `node:` imports only, whose default export is a
 * {@link ToolProgram}. It is brought to a worker once per content and started there with Node (house.md 3.1).
 */
export interface Tool<I> {
  /** For people, and part of a folder's name: letters, digits, `-` and `.`. */
  readonly name: string;
  /** The built bundle. */
  readonly entry: URL;
  /** What the program gets is this schema's output, as JSON. */
  readonly input: Schema<I>;
}

/** What a tool's program is given on the worker. Everything it says goes the way of a script's output. */
export interface ToolContext<I> {
  readonly input: I;
  /** Aborts on SIGTERM: cancel, time limit. What still runs after the grace period is killed. */
  readonly signal: AbortSignal;
  readonly log: ActivityLog;
  /** Sets an output variable; sensitive ones are masked from here on. */
  readonly output: (name: string, value: string, options?: { readonly sensitive?: boolean }) => void;
  /** The file is fetched after the action; `name` defaults to the file's own. */
  readonly artifact: (path: string, name?: string) => void;
  /** Hide a text in the task's log from now on. */
  readonly mask: (text: string) => void;
}
/** Throwing ends the tool with exit code 1; `code`, `message` and `hint` of the error come back as `ScriptResult.failure`. */
export type ToolProgram<I> = (context: ToolContext<I>) => Promise<void>;

/**
 * A worker as a step sees it. A step cannot tell a Tentacle from SSH from the built-in worker.
 *
 * After a restart of the node the step's `run` starts from the top. `run` and `use` are remembered by key: what has
 * ended answers from the record, what still runs is observed again; nothing is started twice. If something else is
 * asked under a recorded key, the action fails with `OCTO_ACTION_DIVERGED`, because the recorded script may have run.
 */
export interface LeasedWorker {
  readonly id: string;
  readonly name: string;
  run(script: Script, signal: AbortSignal): Promise<ScriptResult>;
  use<I>(tool: Tool<I>, input: I, signal: AbortSignal): Promise<ScriptResult>;
  /** Whole or not at all; relative paths start at the machine side's root; answers with the full path. */
  upload(path: string, content: Bytes, signal: AbortSignal): Promise<{ readonly path: string }>;
  /** `undefined` when there is no such file. */
  download(path: string, signal: AbortSignal): Promise<Bytes | undefined>;
}

/** Categories of the lines that a person reads about a task. The REST form knows more; these are what is written. */
export type LogLevel = 'verbose' | 'info' | 'highlight' | 'wait' | 'warning' | 'error';

/** The tree of lines a person reads about a task. Secrets are masked behind this interface, before anything is stored. */
export interface ActivityLog {
  write(level: LogLevel, text: string): void;
  /** Progress of the activity, 0 to 100, with a short text. */
  progress(percentage: number, message: string): void;
}
