import { type LogPage, type OctoApi } from '@octo/api';
import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { follow, type Screen } from './follow.ts';
import { onInterrupt } from './interrupts.ts';

type Line = LogPage['lines'][number];
const line = (seq: number, text: string, category = 'Info', activityId = '1/1'): Line => ({
  seq,
  text,
  category,
  activityId,
  occurredAt: '2026-11-23T00:00:00Z',
});
const page = (lines: Line[], more: Partial<LogPage> = {}): LogPage => ({
  lines,
  next: lines.at(-1)?.seq ?? 0,
  state: 'Executing',
  isCompleted: false,
  isEnd: false,
  progress: null,
  isObserved: true,
  ...more,
});

function recorder(more: Partial<Screen> = {}) {
  let out = '';
  let err = '';
  const screen: Screen = {
    out: { write: (text) => (out += text) },
    err: { write: (text) => (err += text) },
    isTerminal: false,
    useColor: false,
    verbose: false,
    ...more,
  };
  return { screen, written: () => ({ out, err }) };
}
/** An api that answers with these pages, one after the other. */
function apiOf(pages: LogPage[]): { api: OctoApi; asked: number[] } {
  const asked: number[] = [];
  const log = async (_id: string, { after }: { after: number }) => {
    asked.push(after);
    return pages.shift() ?? page([], { isEnd: true, state: 'Success' });
  };
  return { api: { log } as unknown as OctoApi, asked };
}
const never = new AbortController().signal;

describe('following a log', () => {
  test('what scripts print goes to stdout, errors and notes to stderr, verbose lines only when asked for', async () => {
    const lines = [
      line(1, 'note', 'Info', '1'),
      line(2, 'out'),
      line(3, 'oops', 'Error'),
      line(4, 'detail', 'Verbose'),
    ];
    const { screen, written } = recorder();
    const { api, asked } = apiOf([page(lines), page([line(5, 'last')], { isEnd: true, state: 'Success' })]);
    expect(await follow(api, 'ServerTasks-1', screen, never)).toMatchObject({ state: 'Success' });
    expect(written()).toEqual({ out: 'out\nlast\n', err: 'note\noops\n' });
    expect(asked).toEqual([0, 4]);
  });

  test('a task that nobody observes is not waited for', async () => {
    const { screen } = recorder();
    const end = await follow(apiOf([page([], { isObserved: false })]).api, 'ServerTasks-1', screen, never);
    expect(end).toMatchObject({ isObserved: false, isEnd: false });
  });

  test('on a terminal a line of status says how it stands, and is wiped before anything else is printed', async () => {
    const { screen, written } = recorder({ isTerminal: true });
    const { api } = apiOf([
      page([], { progress: { percentage: 40, message: 'half' } }),
      page([line(1, 'x')], { isEnd: true }),
    ]);
    await follow(api, 'ServerTasks-1', screen, never);
    expect(written()).toEqual({ out: 'x\n', err: '40 %  half\r\u001b[2K' });
  });
});

test('the first Ctrl-C asks, the second leaves, and afterwards nobody listens any more', () => {
  const source = new EventEmitter();
  const heard: string[] = [];
  {
    using interrupts = onInterrupt(
      () => heard.push('ask'),
      () => heard.push('leave'),
      source as unknown as NodeJS.Process,
    );
    expect(interrupts.wasAsked).toBe(false);
    source.emit('SIGINT');
    source.emit('SIGTERM');
    expect(interrupts.wasAsked).toBe(true);
  }
  expect(heard).toEqual(['ask', 'leave']);
  expect(source.listenerCount('SIGINT')).toBe(0);
});
