import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { collect, Home, kill, type Server, stateOf, textsOf } from './setup/octo.ts';
import { isAlive, until } from './setup/wait.ts';

/** Numbered lines on both streams, and a witness outside that counts the starts. */
const script = (home: Home, lines: number) =>
  `echo started >> '${join(home.dir, 'witness')}'
   for n in $(seq 1 ${lines}); do echo "line $n"; [ $((n % 5)) = 0 ] && echo "err $n" >&2; sleep 0.02; done
   echo "last"`;

async function witness(home: Home): Promise<string[]> {
  return (await readFile(join(home.dir, 'witness'), 'utf8').catch(() => '')).split('\n').filter(Boolean);
}

interface Insight {
  readonly task: { readonly state: string; readonly errorMessage: string };
  readonly runs: readonly { readonly state: string }[];
  readonly isObserved: boolean;
}
async function show(home: Home, id = '1'): Promise<Insight> {
  const { stdout, stderr, code } = await home.run(['task', 'show', id, '--json']);
  if (code !== 0) throw new Error(`task show failed: ${stderr}`);
  return JSON.parse(stdout) as Insight;
}
async function logOf(home: Home): Promise<readonly string[]> {
  const { stdout } = await home.run(['task', 'log', '1', '--json']);
  return (JSON.parse(stdout) as { lines: { text: string }[] }).lines.map((l) => l.text);
}
/** Each number once, in order, on each stream; the two streams may interleave. */
function expectWholeLog(texts: readonly string[], lines: number): void {
  const numbers = (word: string) =>
    texts.filter((t) => t.startsWith(`${word} `)).map((t) => Number(t.slice(word.length)));
  expect(numbers('line')).toEqual(Array.from({ length: lines }, (_, i) => i + 1));
  expect(numbers('err')).toEqual(Array.from({ length: Math.floor(lines / 5) }, (_, i) => (i + 1) * 5));
  expect(texts.filter((t) => t === 'last')).toHaveLength(1);
}
const enqueue = ({ api }: Server, body: string) => {
  const properties = { 'Octopus.Action.Script.ScriptBody': body, 'Octopus.Action.Script.Syntax': 'Bash' };
  const actions = [{ name: 'Script', type: 'Octopus.Script', properties }];
  return api.run({ actions, variables: [] }, AbortSignal.timeout(10_000));
};

describe('kill -9 of the server, and a new start (R143, R144, R225)', () => {
  const points: [string, (home: Home, server: Server) => Promise<unknown>][] = [
    ['as soon as the task is accepted', async () => {}],
    ['once the script has started', (home) => until('it started', async () => (await witness(home)).length > 0)],
    [
      'in the middle of the output',
      (_, server) => until('half is out', async () => (await textsOf(server)).includes('line 30')),
    ],
    [
      'right after the last line',
      (_, server) => until('all is out', async () => (await textsOf(server)).includes('last')),
    ],
  ];

  test.each(points)('%s: one start, each line once, Success', async (_, reached) => {
    await using home = await Home.open();
    const first = await home.serve();
    await enqueue(first, script(home, 60));
    await reached(home, first);
    await kill(first.child);
    const second = await home.serve();
    const end = await until('the task ends', async () => {
      const state = await stateOf(second);
      return ['Success', 'Failed', 'Canceled', 'TimedOut'].includes(state) && state;
    });
    expect(end).toBe('Success');
    expect(await witness(home)).toEqual(['started']);
    expectWholeLog(await textsOf(second), 60);
  });

  test('while the task is Queued: the next start runs it', async () => {
    await using home = await Home.open();
    const first = await home.serve(['--task-cap', '0']);
    await enqueue(first, script(home, 5));
    expect((await show(home)).task.state).toBe('Queued');
    await kill(first.child);
    const second = await home.serve(['--task-cap', '5']);
    await until('it succeeds', async () => (await stateOf(second)) === 'Success');
    expect(await witness(home)).toEqual(['started']);
  });

  test('while the task is Cancelling: it ends as Canceled, and the tree is dead', async () => {
    await using home = await Home.open();
    const first = await home.serve();
    const pidFile = join(home.dir, 'pid');
    await enqueue(
      first,
      `trap '' TERM; echo $$ > '${pidFile}'; echo started >> '${join(home.dir, 'witness')}'; sleep 300 & wait; wait; sleep 300`,
    );
    await until('it runs', async () => existsSync(pidFile) && (await witness(home)).length > 0);
    await home.run(['task', 'cancel', '1']);
    await kill(first.child);
    const second = await home.serve();
    await until('it is Canceled', async () => (await stateOf(second)) === 'Canceled', 40_000);
    const pid = Number(await readFile(pidFile, 'utf8'));
    expect(isAlive(pid)).toBe(false);
    expect(await witness(home)).toEqual(['started']);
  });

  test('five times in a row while it runs: still one start and a whole log', async () => {
    await using home = await Home.open();
    let server = await home.serve();
    await enqueue(server, script(home, 150));
    await until('it started', async () => (await witness(home)).length > 0);
    for (let n = 0; n < 5; n++) {
      await kill(server.child);
      server = await home.serve();
    }
    await until('it succeeds', async () => (await stateOf(server)) === 'Success');
    expect(await witness(home)).toEqual(['started']);
    expectWholeLog(await textsOf(server), 150);
  });
});

describe('kill -9 of an in-process plane', () => {
  test('its script goes on; commands that look show it as left behind; the next run takes it up', async () => {
    await using home = await Home.open();
    const first = home.start(['run', script(home, 60)]);
    const output = collect(first);
    await until('half is out', async () => output.stdout.includes('line 20'));
    await kill(first);
    expect(await show(home)).toMatchObject({ task: { state: 'Executing' }, isObserved: false });
    const next = await home.run(['run', 'sleep 3; echo other']);
    expect(next.stdout).toBe('other\n');
    await until('the first one ended', async () => (await show(home)).task.state === 'Success');
    expect(await witness(home)).toEqual(['started']);
    expectWholeLog(await logOf(home), 60);
  });

  test('a server that starts on the folder takes it up, too', async () => {
    await using home = await Home.open();
    const first = home.start(['run', script(home, 40)]);
    await until('it started', async () => (await witness(home)).length > 0);
    await kill(first);
    const second = await home.serve();
    await until('it succeeds', async () => (await stateOf(second)) === 'Success');
    expect(await witness(home)).toEqual(['started']);
    expectWholeLog(await textsOf(second), 40);
  });
});
