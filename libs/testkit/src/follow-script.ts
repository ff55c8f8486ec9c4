import { type Launch, type OutputLine, type ScriptStatus, type Session } from '@octo/kernel';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Seen {
  readonly lines: readonly OutputLine[];
  readonly texts: readonly string[];
  readonly last: Extract<ScriptStatus, { state: 'Complete' }>;
  readonly pages: number;
}

/** A launch that shares the machine; `more` replaces parts of it. */
export function launchOf(bash: string, more: Partial<Launch> = {}): Launch {
  return { taskId: 'ServerTasks-1', body: { bash }, isolation: { exclusive: false, mutex: 'RunningScript' }, ...more };
}

/** Read a script to its end by its cursor. The limit is 20 s for each page. */
export async function readToEnd(
  session: Pick<Session, 'status'>,
  ticket: string,
  after = '',
  waitMs = 5_000,
): Promise<Seen> {
  const lines: OutputLine[] = [];
  for (let cursor = after, pages = 1; ; pages++) {
    const status = await session.status({ ticket }, { after: cursor, waitMs }, AbortSignal.timeout(20_000));
    for (const line of status.lines) lines.push(line);
    cursor = status.next;
    if (status.state === 'Complete') return { lines, texts: textsOf(lines), last: status, pages };
  }
}

/** Read a script until it has said `text`. The limit is 20 s. */
export async function readUntil(
  session: Pick<Session, 'status'>,
  ticket: string,
  text: string,
): Promise<{ readonly lines: readonly OutputLine[]; readonly next: string }> {
  const lines: OutputLine[] = [];
  const limit = AbortSignal.timeout(20_000);
  for (let next = ''; ;) {
    const status = await session.status({ ticket }, { after: next, waitMs: 5_000 }, limit);
    lines.push(...status.lines);
    ({ next } = status);
    if (lines.some((line) => line.text === text)) return { lines, next };
  }
}

/** What the script wrote. A foreign machine side adds lines of its own: how it was started, and for which mutex. */
export function textsOf(lines: readonly OutputLine[]): readonly string[] {
  const all = lines.filter((line) => line.source !== 'Debug').map((line) => line.text);
  return all.filter((_text, at) => ![at - 1, at, at + 1].some((n) => all[n]?.startsWith('Acquiring isolation mutex ')));
}

/** Poll until the answer is neither undefined nor false; after 10 s an error says what was waited for. */
export async function eventually<T>(what: string, look: () => T | Promise<T>): Promise<Exclude<T, undefined | false>> {
  for (const endMs = performance.now() + 10_000; ;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>; // just ruled out
    if (performance.now() > endMs) throw new Error(`waited 10 s until ${what}`);
    await sleep(10);
  }
}

/** Non-empty lines of a file, once there are that many. */
export function untilLines(file: string, count: number): Promise<readonly string[]> {
  return eventually(`${file} has ${count} lines`, async () => {
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    return lines.length >= count && lines;
  });
}

/** False for a process that is dead and only waits for its parent to notice. */
export function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** One word of bash, whatever is in it. */
export function word(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
