import { type Values } from './parse.ts';

/** Where a command reads and writes. */
export interface Io {
  /** Without a newline. */
  write(text: string): void;
  line(text: string): void;
  error(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** As they were given, the name of the command first; an agent that becomes another version passes them on. */
  readonly args: readonly string[];
  /** Aborted by Ctrl+C and SIGTERM. */
  readonly signal: AbortSignal;
}

export interface Option {
  /** Spellings, without dashes, the first for help. Case does not count. */
  readonly names: readonly string[];
  readonly kind: 'value' | 'switch' | 'list';
  readonly about: string;
}

/** One verb of the `tentacle` program (halibut.md 9.2). */
export interface Command {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly about: string;
  readonly options: readonly Option[];
  /** Throws a `KnownFailure` for exit code 1. Resolves with the exit code, or nothing for 0. */
  run(values: Values, io: Io): Promise<number | void>;
}

export const value = (names: string, about: string): Option => ({ names: names.split('|'), kind: 'value', about });
export const flag = (names: string, about: string): Option => ({ names: names.split('|'), kind: 'switch', about });
export const list = (names: string, about: string): Option => ({ names: names.split('|'), kind: 'list', about });

/** Every command that works on an instance has these. */
export const INSTANCE: readonly Option[] = [
  value('instance', 'name of the instance'),
  value('config', 'path of the configuration file, in place of an instance'),
];
/** Taken by every command (9.1). */
export const COMMON: readonly Option[] = [
  flag('nologo', 'accepted; there is no logo'),
  flag('noconsolelogging', 'nothing on the console but results'),
  flag('console', 'accepted; output always goes to the console'),
  flag('noninteractive', 'nobody is asked, and stdin is not read'),
  value('monitorMutex', 'accepted; for supervisors on Windows'),
];
