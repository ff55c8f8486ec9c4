import { type Schema } from './schema.ts';
import { type Bytes, type ScriptEnd } from './transport.ts';

/** Languages that a script may be written in. Source: calamari.md 1.4, `Octopus.Action.Script.Syntax`. */
export const SYNTAXES = ['Bash', 'PowerShell', 'Python'] as const;
export type Syntax = (typeof SYNTAXES)[number];

/** What a step asks a worker to run. The plane makes a {@link Launch} of it: helper functions, variables, files. */
export interface Script {
  readonly syntax: Syntax;
  readonly body: string;
  /** Appended verbatim to the script's invocation; the worker's shell parses it (`Octopus.Action.Script.ScriptParameters`). */
  readonly parameters?: string;
  /** Files laid beside the script before it starts, by path relative to the workspace. */
  readonly files?: readonly { readonly name: string; readonly content: Bytes; readonly secret?: boolean }[];
  /** Identity of this run inside the action's attempt. Default: its ordinal among the calls of `run` and `use`. */
  readonly key?: string;
}

export interface ScriptResult {
  readonly exitCode: number;
  readonly end: ScriptEnd;
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

/** Step code that runs on the worker as one bundled file with `node:` imports only. Carried out from contract 1 on. */
export interface Tool<I> {
  readonly name: string;
  readonly entry: URL;
  readonly input: Schema<I>;
}

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
