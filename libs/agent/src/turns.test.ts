import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { IsolationTurns } from './turns.ts';

const never = new AbortController().signal;
const root = mkdtempSync(join(tmpdir(), 'octo-turns-'));
const opened: IsolationTurns[] = [];
let mutex = 0;
afterEach(() => {
  for (const turns of opened.splice(0)) turns[Symbol.dispose]();
  mutex++;
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** As another process on the same folder would: nothing is shared but files. */
function open(): IsolationTurns {
  const turns = new IsolationTurns(join(root, 'turns'), join(root, 'work'));
  opened.push(turns);
  return turns;
}
function ask(ticket: string, exclusive: boolean, name = `m${mutex}`) {
  mkdirSync(join(root, 'work', ticket), { recursive: true });
  writeFileSync(join(root, 'work', ticket, 'record.json'), '{}');
  return { ticket, taskId: `Tasks-${ticket}`, isolation: { mutex: name, exclusive } };
}
const file = (ticket: string, name: string) => join(root, 'work', ticket, name);

test('with shared, shared, exclusive, shared, shared nobody overtakes the exclusive one (R163)', async () => {
  const [one, other] = [open(), open()];
  const events: string[] = [];
  const waited: Record<string, readonly string[]> = {};
  const take = (turns: IsolationTurns, name: string, exclusive: boolean) =>
    turns.take(ask(name, exclusive), never, (tasks) => (waited[name] = tasks)).then(() => events.push(name));
  const all = [take(one, 'a', false), take(other, 'b', false), take(one, 'X', true)];
  all.push(take(other, 'c', false), take(one, 'd', false));
  await Promise.all(all.slice(0, 2));
  expect(events).toEqual(['a', 'b']);
  expect(waited).toEqual({ X: ['Tasks-a', 'Tasks-b'], c: ['Tasks-X'], d: ['Tasks-X'] });
  one.leave('a');
  other.leave('b');
  await all[2];
  expect(events).toEqual(['a', 'b', 'X']);
  one.leave('X');
  await Promise.all(all);
  expect(new Set(events.slice(3))).toEqual(new Set(['c', 'd']));
});

test('who gives up leaves the line, and those behind it go on', async () => {
  const turns = open();
  await turns.take(ask('first', false), never, () => {});
  const stop = new AbortController();
  const exclusive = turns.take(ask('exclusive', true), stop.signal, () => {});
  const behind = turns.take(ask('behind', false), never, () => {});
  stop.abort(new Error('enough'));
  await expect(exclusive).rejects.toThrow('enough');
  turns.leave('exclusive');
  await behind;
});

test('mutexes of other names do not meet', async () => {
  const turns = open();
  await turns.take(ask('one', true, 'red/../x'), never, () => {});
  await turns.take(ask('two', true, 'blue\0'), never, () => {});
});

test('a ticket keeps its place over a restart', async () => {
  const before = open();
  await before.take(ask('holder', true), never, () => {});
  const stop = new AbortController();
  const early = before.take(ask('early', true), stop.signal, () => {});
  early.catch(() => {});
  const late = vi.fn<(tasks: readonly string[]) => void>();
  const lateTurn = open().take(ask('late', true), never, late);
  stop.abort(new Error('the process stops'));
  const after = open();
  const again = after.take(ask('early', true), never, () => {});
  before.leave('holder');
  await again;
  await vi.waitFor(() => expect(late).toHaveBeenLastCalledWith(['Tasks-early']));
  after.leave('early');
  await lateTurn;
});

test.each([
  ['it has ended', (ticket: string) => writeFileSync(file(ticket, 'result.json'), '{}')],
  ['its exit code is there', (ticket: string) => writeFileSync(file(ticket, 'exit'), '0\n')],
  ['its workspace is gone', (ticket: string) => rmSync(file(ticket, '.'), { recursive: true })],
  ['its supervisor is gone', (ticket: string) => writeFileSync(file(ticket, 'started'), '999999 x 999999 (bash) S\n')],
  ['it was cancelled before it began', (ticket: string) => writeFileSync(file(ticket, 'started'), 'never\n')],
])('a place whose owner died does not block when %s (R165)', async (_, end) => {
  const ticket = `dead${mutex}`;
  await open().take(ask(ticket, true), never, () => {});
  const waiting = open().take(ask(`heir${mutex}`, true), never, () => {});
  end(ticket);
  await waiting;
});

test('of many that come at once from three processes one after the other is alone', async () => {
  const doors = [open(), open(), open()];
  let inside = 0;
  let most = 0;
  const visits = Array.from({ length: 30 }, async (_, n) => {
    const turns = doors[n % 3]!;
    await turns.take(ask(`v${n}`, true), never, () => {});
    most = Math.max(most, ++inside);
    await new Promise((soon) => setTimeout(soon, 1));
    inside--;
    turns.leave(`v${n}`);
  });
  await Promise.all(visits);
  expect(most).toBe(1);
});

test('what is long over is swept, what waits is not', async () => {
  const turns = open();
  await turns.take(ask('over', true), never, () => {});
  writeFileSync(file('over', 'result.json'), '{}');
  const places = () =>
    readdirSync(join(root, 'turns'), { recursive: true }).filter((name) => /\d{12}$/.test(String(name)));
  const before = places().length;
  turns.sweep(Date.now());
  expect(places().length).toBe(before);
  turns.sweep(Date.now() + 2 * 3_600_000);
  expect(places().length).toBeLessThan(before);
  expect(existsSync(join(root, 'turns'))).toBe(true);
});
