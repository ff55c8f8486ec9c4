import { type LogPage, type OctoApi } from '@octo/api';
import { manners } from './manners.ts';

/** Where a followed log goes. What scripts say is the result; everything else is company. */
export interface Screen {
  readonly out: { write(text: string): unknown };
  readonly err: { write(text: string): unknown };
  /** A person watches `err`: colours and a line of status are welcome. */
  readonly isTerminal: boolean;
  readonly useColor: boolean;
  /** Verbose lines, too. */
  readonly verbose: boolean;
  /** Only what scripts say. */
  readonly quiet?: boolean;
}
const LONG_POLL_MS = 20_000;
const CLEAR = '\r\u001b[2K';

/**
 * Print a task's log as it comes, from line `after` on, until the task is over or nobody observes it any more.
 * Answers with the last page.
 */
export async function follow(api: OctoApi, taskId: string, screen: Screen, signal: AbortSignal): Promise<LogPage> {
  const status = new StatusLine(screen);
  try {
    for (let after = 0; ;) {
      const page = await api.log(taskId, { after, waitMs: LONG_POLL_MS }, signal);
      status.clear();
      for (const line of page.lines) printLine(line, screen);
      after = page.next;
      if (page.isEnd || (!page.isObserved && page.lines.length === 0)) return page;
      status.show(page);
    }
  } finally {
    status.clear();
  }
}

const COLORS: Readonly<Record<string, string>> = {
  Warning: '33',
  Error: '31',
  Fatal: '31',
  Highlight: '36',
  Wait: '35',
  Abandoned: '31',
};

/** Lines of a worker's activity (`2/1`) are script output: Error goes to stderr, the rest to stdout. Others are notes. */
export function printLine(line: LogPage['lines'][number], screen: Screen): void {
  const { category, activityId, text } = line;
  if ((category === 'Verbose' || category === 'Trace') && !screen.verbose) return;
  const isOutput = activityId.includes('/');
  if (screen.quiet === true && !isOutput) return;
  const color = COLORS[category] ?? (isOutput ? undefined : '2');
  const toOut = isOutput && category !== 'Error' && category !== 'Abandoned';
  (toOut ? screen.out : screen.err).write(`${paint(text, color, screen)}\n`);
}

function paint(text: string, color: string | undefined, { useColor }: Screen): string {
  return color === undefined || !useColor ? text : `\u001b[${color}m${text}\u001b[0m`;
}

/** One line below the log that says how the task stands, on a terminal only, and never left behind. */
class StatusLine {
  readonly #screen: Screen;
  #isShown = false;

  constructor(screen: Screen) {
    this.#screen = screen;
  }
  show({ state, progress }: LogPage): void {
    if (!this.#screen.isTerminal) return;
    const text = progress
      ? `${progress.percentage} %  ${progress.message}`
      : state === 'Queued'
        ? 'waiting in the queue'
        : '';
    if (text === '') return;
    this.#screen.err.write(paint(text.slice(0, 79), '2', this.#screen));
    this.#isShown = true;
  }
  clear(): void {
    if (this.#isShown) this.#screen.err.write(CLEAR);
    this.#isShown = false;
  }
}

export function screenOf(options: { readonly verbose: boolean; readonly json: boolean }): Screen {
  const isTerminal = process.stderr.isTTY && !options.json && !manners.quiet;
  return {
    out: options.json ? process.stderr : process.stdout, // with --json, stdout holds the one result
    err: process.stderr,
    isTerminal,
    quiet: manners.quiet,
    useColor: isTerminal && process.env['NO_COLOR'] === undefined,
    verbose: options.verbose,
  };
}
