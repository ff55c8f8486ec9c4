import { type OutgoingStream, parseTimeSpan, timeSpan } from '@octo/halibut';
import { type Launch, type OutputLine } from '@octo/kernel';
import { Reading } from './reading.ts';

export const STATES = ['Pending', 'Running', 'Complete'] as const;
export const SOURCES = ['StdOut', 'StdErr', 'Debug'] as const;
export const ISOLATIONS = ['NoIsolation', 'FullIsolation'] as const;
/** .NET's largest wait: none (halibut.md 6.3). */
export const NO_TIMEOUT_MS = 2_147_483_647;

/** A status response of any script service. */
export interface StatusMessage {
  readonly state: (typeof STATES)[number];
  readonly exitCode: number;
  readonly lines: readonly OutputLine[];
  readonly next: number;
}

export function readStatus(value: unknown): StatusMessage {
  const it = new Reading(value, 'the status of a script');
  return {
    state: it.choice('State', STATES) ?? 'Pending',
    exitCode: it.number('ExitCode') ?? 0,
    lines: it.list('Logs').map(readLine),
    next: it.number('NextLogSequence') ?? 0,
  };
}

function readLine(value: unknown): OutputLine {
  const it = new Reading(value, 'a line of output');
  return {
    source: it.choice('Source', SOURCES) ?? 'StdOut',
    atMs: it.instant('Occurred'),
    text: it.text('Text') ?? '',
  };
}

export function writeLines(lines: readonly OutputLine[]): readonly object[] {
  return lines.map(({ source, atMs, text }) => ({
    Source: SOURCES.indexOf(source),
    Occurred: new Date(atMs),
    Text: text,
  }));
}

/** The response, in the order of its members (5.5). `ticketName` differs for the Kubernetes agent (5.8). */
export function writeStatus(
  ticket: string,
  status: StatusMessage,
  ticketName: 'Ticket' | 'ScriptTicket' = 'Ticket',
): object {
  return {
    [ticketName]: { TaskId: ticket },
    Logs: writeLines(status.lines),
    NextLogSequence: BigInt(status.next),
    State: STATES.indexOf(status.state),
    ExitCode: status.exitCode,
  };
}

export interface StartFile {
  readonly name: string;
  readonly contents: OutgoingStream;
}

/** Members that the start commands of both versions share, in V1's order (5.6). */
export function writeLaunch(launch: Launch, files: readonly StartFile[]): Readonly<Record<string, unknown>> {
  const { body, isolation } = launch;
  return {
    ScriptBody: body.powershell ?? body.bash ?? '',
    Isolation: isolation.exclusive ? 1 : 0,
    Scripts: body.bash === undefined ? {} : { Bash: body.bash },
    Files: files.map(({ name, contents }) => ({ Name: name, Contents: contents, EncryptionPassword: null })),
    Arguments: (launch.arguments ?? []).map(quoted),
    TaskId: launch.taskId,
    ScriptIsolationMutexTimeout: timeSpan(isolation.timeoutMs ?? NO_TIMEOUT_MS),
    IsolationMutexName: isolation.mutex,
  };
}

/**
 * One word for .NET's splitting of an argument string: quotes around it, quotes and the backslashes before them escaped
 * (7.3: a Tentacle joins the arguments by a space and adds nothing).
 */
export function quoted(word: string): string {
  if (word !== '' && !/[\s"\\]/.test(word)) return word;
  return `"${word.replaceAll(/(\\*)"/g, String.raw`$1$1\"`).replace(/(\\+)$/, '$1$1')}"`;
}

/**
 * The inverse: how .NET splits an argument string into words. A backslash counts only in front of a quote, and two quotes
 * inside quotes are one.
 */
export function splitArguments(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let isQuoted = false;
  for (let at = 0; at < line.length; at++) {
    const [run = ''] = /^\\+/.exec(line.slice(at)) ?? [];
    const isBeforeQuote = line[at + run.length] === '"';
    if (run !== '') {
      const isOdd = isBeforeQuote && run.length % 2 === 1;
      word = (word ?? '') + run.slice(0, isBeforeQuote ? run.length >> 1 : undefined) + (isOdd ? '"' : '');
      at += run.length - (isOdd ? 0 : 1);
    } else if (line[at] === '"') {
      const isDoubled = isQuoted && line[at + 1] === '"';
      word = (word ?? '') + (isDoubled ? '"' : '');
      if (isDoubled) at++;
      else isQuoted = !isQuoted;
    } else if (!isQuoted && (line[at] === ' ' || line[at] === '\t')) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + line[at];
  }
  return word === undefined ? words : [...words, word];
}

/** A TimeSpan member in ms; zero is none where a mutex is waited for (7.5). */
export function spanOf(reading: Reading, name: string): number | undefined {
  const text = reading.text(name);
  return text === undefined ? undefined : parseTimeSpan(text);
}
