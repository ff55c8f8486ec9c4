import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LogSizes, OutputLog } from './output-log.ts';
import { type Workspace, workspaceAt } from './workspace.ts';

let workspace: Workspace;
const open: OutputLog[] = [];
function openLog(sizes: LogSizes = {}): OutputLog {
  const log = new OutputLog(workspace, sizes);
  open.push(log);
  return log;
}
function catchUp(log: OutputLog, atMs = 1, isOver = false): void {
  while (log.catchUp(atMs, isOver));
}
function allOf(log: OutputLog): { readonly texts: string[]; readonly pages: number } {
  const texts: string[] = [];
  for (let pages = 0; ; pages++) {
    const { lines, last } = log.read(texts.length);
    if (lines.length === 0) return { texts, pages };
    texts.push(...lines.map((l) => l.text));
    expect(last).toBe(texts.length);
  }
}

beforeEach(() => {
  workspace = workspaceAt(mkdtempSync(join(tmpdir(), 'octo-log-')));
});
afterEach(() => {
  for (const log of open.splice(0)) log[Symbol.dispose]();
  rmSync(workspace.dir, { recursive: true });
});

test('order, numbers and times are those of the first look, for ever and for everybody (R144)', () => {
  const log = openLog();
  appendFileSync(workspace.stdout, 'one\n');
  catchUp(log, 10);
  appendFileSync(workspace.stderr, 'two\n');
  catchUp(log, 20);
  appendFileSync(workspace.stdout, 'three\nfour');
  catchUp(log, 30);
  expect(log.lastSeq).toBe(3);
  catchUp(log, 40, true);
  const expected = [
    { source: 'StdOut', atMs: 10, text: 'one' },
    { source: 'StdErr', atMs: 20, text: 'two' },
    { source: 'StdOut', atMs: 30, text: 'three' },
    { source: 'StdOut', atMs: 40, text: 'four' },
  ];
  expect(log.read(0).lines).toEqual(expected);
  expect(openLog().read(0).lines).toEqual(expected);
  expect(openLog().read(2)).toEqual({ lines: expected.slice(2), last: 4 });
});

test('two who watch at once agree on every line', () => {
  const [a, b] = [openLog(), openLog()];
  for (let n = 0; n < 200; n++) {
    appendFileSync(n % 3 === 0 ? workspace.stderr : workspace.stdout, `${n}\n`);
    if (n % 2 === 0) catchUp(a, n);
    if (n % 5 === 0) catchUp(b, n);
  }
  catchUp(a);
  catchUp(b);
  expect(allOf(a).texts).toHaveLength(200);
  expect(a.read(0)).toEqual(b.read(0));
});

describe('of two who write in the same moment the first counts', () => {
  /** What a second process would have appended, had it looked when the first did. */
  function entriesOfATwin(look: (twin: OutputLog) => void): Buffer {
    const index = `${workspace.index}-twin`;
    copyFileSync(workspace.index, index);
    const twin = new OutputLog({ ...workspace, index });
    const before = statSync(index).size;
    look(twin);
    twin[Symbol.dispose]();
    return readFileSync(index).subarray(before);
  }

  test.each([
    ['the same lines', 'stdout', ''],
    ['more lines', 'stdout', 'd\n'],
    ['lines of the other stream', 'stderr', 'e\n'],
    ['lines of both', 'stderr', 'e\nf\n'],
  ] as const)('%s', (_, stream, more) => {
    const first = openLog();
    appendFileSync(workspace.stdout, 'a\nb\n');
    catchUp(first, 1);
    const late = openLog();
    const lost = entriesOfATwin((twin) => {
      if (stream === 'stdout') appendFileSync(workspace.stdout, 'c\n');
      appendFileSync(workspace[stream], more);
      catchUp(twin, 2);
    });
    if (stream === 'stderr') appendFileSync(workspace.stdout, 'c\n');
    const mine = new OutputLog(workspace); // has not seen what the twin is about to append
    catchUp(mine, 3);
    mine[Symbol.dispose]();
    appendFileSync(workspace.index, lost);
    appendFileSync(workspace.stdout, 'last\n');
    catchUp(first, 4);
    catchUp(late, 5);
    const { texts } = allOf(first);
    expect([...texts].sort()).toEqual(['a', 'b', 'c', 'last', ...more.split('\n').filter(Boolean)].sort());
    expect(texts.slice(0, 3)).toEqual(['a', 'b', 'c']);
    expect(late.read(0)).toEqual(first.read(0));
    expect(openLog().read(0)).toEqual(first.read(0));
  });
});

test('a look at much output stops early, for the sake of the event loop', () => {
  const log = openLog();
  writeFileSync(workspace.stdout, 'x\n'.repeat(10_000_000));
  expect(log.catchUp(1, false)).toBe(true);
  expect(log.lastSeq).toBeLessThan(10_000_000);
  catchUp(log);
  expect(log.lastSeq).toBe(10_000_000);
  expect(log.read(9_999_998).lines).toHaveLength(2);
});

test('an entry that a crash has torn is made anew', () => {
  const before = openLog();
  appendFileSync(workspace.stdout, 'a\n');
  catchUp(before);
  const whole = statSync(workspace.index).size;
  appendFileSync(workspace.stdout, 'b\n');
  catchUp(before);
  truncateSync(workspace.index, whole + 11);
  const after = openLog();
  expect(after.lastSeq).toBe(1);
  catchUp(after);
  expect(allOf(after).texts).toEqual(['a', 'b']);
});

test('a page is bounded and has at least one line', () => {
  const log = openLog({ pageBytes: 2_000 });
  const lines = Array.from({ length: 500 }, (_, n) => `${n} ${'x'.repeat(60)}`);
  appendFileSync(workspace.stdout, lines.map((l) => `${l}\n`).join(''));
  appendFileSync(workspace.stdout, `${'y'.repeat(9_000)}\n`);
  catchUp(log);
  const { texts, pages } = allOf(log);
  expect(texts.slice(0, 500)).toEqual(lines);
  expect(texts[500]).toHaveLength(9_000);
  expect(pages).toBeGreaterThan(20);
  expect(log.read(0).lines.length).toBeLessThan(25);
});

describe('a line that is too long', () => {
  test('is cut into pieces that say so; letters stay whole', () => {
    const log = openLog({ maxLineBytes: 1_000 });
    const long = 'ü🐙'.repeat(700);
    appendFileSync(workspace.stdout, `${long}\nnext\n`);
    catchUp(log);
    const { lines } = log.read(0);
    expect(lines.length).toBeGreaterThan(4);
    expect(
      lines
        .slice(0, -1)
        .map((l) => l.text)
        .join(''),
    ).toBe(long);
    expect(lines.slice(0, -2).every((l) => l.continues)).toBe(true);
    expect(lines.slice(-2).map((l) => l.continues)).toEqual([undefined, undefined]);
    expect(lines.at(-1)?.text).toBe('next');
  });

  test('is cut while it grows, so that a line without an end shows', () => {
    const log = openLog({ maxLineBytes: 100 });
    for (let n = 0; n < 25; n++) {
      appendFileSync(workspace.stdout, '0123456789');
      catchUp(log);
    }
    expect(log.lastSeq).toBe(2);
    catchUp(log, 1, true);
    expect(allOf(log).texts.map((t) => t.length)).toEqual([100, 100, 50]);
  });
});

test.each([
  ['empty lines', '\n\n', ['', '']],
  ['CRLF', 'a\r\nb\r\n\r\n', ['a', 'b', '']],
  ['a CR inside a line', '10%\r20%\r30%\n', ['10%\r20%\r30%']],
  ['a last line without an end', 'a\nb', ['a', 'b']],
  ['nothing', '', []],
])('%s', (_, written, texts) => {
  const log = openLog();
  writeFileSync(workspace.stdout, written);
  catchUp(log, 1, true);
  expect(allOf(log).texts).toEqual(texts);
});

test('a script that erases its own log keeps its numbers and goes on', () => {
  const log = openLog();
  appendFileSync(workspace.stderr, 'a\nb\n');
  catchUp(log);
  truncateSync(workspace.stderr, 0);
  appendFileSync(workspace.stderr, 'c\n');
  catchUp(log);
  appendFileSync(workspace.stderr, 'd\n');
  catchUp(log);
  expect(log.lastSeq).toBe(4);
  expect(log.read(2).lines.map((l) => l.text)).toEqual(['c', 'd']);
  expect(log.read(0).lines[0]?.text).toContain('erased');
});
