import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { collect, finished, Home, kill, type Server, stateOf, textsOf } from './setup/octo.ts';
import { until } from './setup/wait.ts';

interface Node {
  readonly kind: string;
  readonly text: string;
  readonly children: readonly Node[];
}
/** All sentences of the tree, each with its kind before it. */
const flat = ({ kind, text, children }: Node): readonly string[] => [`${kind}: ${text}`, ...children.flatMap(flat)];
const explain = async (home: Home, id: string) =>
  flat(JSON.parse((await home.run(['task', 'explain', id, '--json'])).stdout) as Node);
/** The same without a command: for what is asked again and again. */
const explained = async ({ api }: Server, id: string) =>
  flat(await api.explain(id, AbortSignal.timeout(10_000))) as readonly string[];
const start = async (home: Home, ...args: readonly string[]) =>
  (await home.run(['run', ...args, '--no-follow'])).stdout.trim();
const logOf = async (home: Home, id: string) => (await home.run(['task', 'log', id, '--raw'])).stdout;
/** Waits for a file, but not for ever: whatever becomes of the test, its scripts end. */
const gate = (home: Home, name: string) =>
  `for n in $(seq 1200); do if [ -e '${join(home.dir, name)}' ]; then break; fi; sleep 0.05; done`;
const open = (home: Home, name: string) => writeFile(join(home.dir, name), '');

test('a queued task: what it waits for, each node, who is ahead, what it wants, and when it ends (I1, R215)', async () => {
  await using home = await Home.open();
  const server = await home.serve(['--task-cap', '1']);
  const first = await start(home, gate(home, 'go'));
  await until('the first runs', async () => (await explained(server, first))[0]?.includes('is executing'));
  const second = await start(home, 'true');
  const third = await start(home, 'true');
  await until('its wait is told', async () =>
    (await explained(server, third)).some((line) => line.startsWith('wait: ')),
  );
  const told = await explain(home, third);
  expect(told).toEqual([
    expect.stringMatching(/^task: ServerTasks-3 \(Run Script\) is queued since .*, for/),
    expect.stringMatching(/^wait: Waiting for a free slot: server-\S+ runs 1 of at most 1 tasks, for/),
    expect.stringMatching(/^next: at .*, in 23 h 59 min, the task ends as TimedOut$/),
    'queue: nodes that could take it',
    expect.stringMatching(/^node: server-\S+: full: it runs 1 of at most 1 tasks \(ServerTasks-1\)$/),
    `queue: 1 ahead of it in the queue: ${second}`,
    'step: Step 1: Script has not begun',
    'wants: wants a worker of Default Worker Pool (default of the space)',
    'candidate: Built-in worker: fit, 1 lease',
    expect.stringMatching(/^next: would take Built-in worker now/),
    expect.stringMatching(/^next: starts as soon as a node has a free slot; if no node has taken it at .*TimedOut$/),
  ]);
  const sentence = told[1]!.replace(/^wait: /, '').replace(/, for .*$/, '');
  expect(await logOf(home, third)).toContain(sentence);
  await open(home, 'go');
});

test('a task that waits for the isolation mutex names the holder; it goes when that ends, over a kill -9 of the server (R161, R164, R252)', async () => {
  await using home = await Home.open();
  const server = await home.serve();
  const alone = ['--var', 'OctopusBypassDeploymentMutex=False', '--var', 'Octo.Script.IsolationMutex=orders'];
  const holder = await start(home, `echo "in $(date +%s%N)"; ${gate(home, 'go')}; echo out`, ...alone);
  await until('the holder runs', async () => (await textsOf(server, holder)).some((text) => text.startsWith('in ')));
  const waiter = await start(home, 'echo mine', ...alone);
  const blocked = async (by: Server) => {
    const lines = await explained(by, waiter);
    return (
      lines.find((line) => line.includes('isolation mutex orders is held by ServerTasks-1')) !== undefined && lines
    );
  };
  await until('the wait is told', () => blocked(server));
  const told = await explain(home, waiter);
  expect(told).toContainEqual('next: there is no limit: it starts as soon as those scripts have ended');
  expect(await logOf(home, waiter)).toContain('its turn on Built-in worker: the isolation mutex orders is held by');
  const other = await home.run(['run', 'echo passes', '--var', 'OctopusBypassDeploymentMutex=False']);
  expect(other.stdout).toContain('passes');

  await kill(server.child);
  const again: Server = await home.serve();
  await until('it waits again', () => blocked(again));
  const end = (id: string) => stateOf(again, id);
  expect(await end(waiter)).toBe('Executing');
  await open(home, 'go');
  await until('both end', async () => (await end(holder)) === 'Success' && (await end(waiter)) === 'Success');
  expect(again.child.exitCode).toBeNull();
});

test('a mutex that is not free in time ends the action with −44 (R165)', async () => {
  await using home = await Home.open();
  const server = await home.serve();
  const alone = ['--var', 'Octo.Script.Isolation=FullIsolation'];
  const holder = await start(home, gate(home, 'go'), ...alone);
  await until('the holder runs', async () => (await explained(server, holder)).some((line) => line.endsWith(' runs')));
  const late = await home.run(['run', 'echo never', ...alone, '--var', 'Octo.Script.IsolationTimeoutSeconds=1.2']);
  expect(late).toMatchObject({ code: 1, stdout: expect.not.stringContaining('never') });
  expect(await explain(home, '2')).toContainEqual(
    expect.stringMatching(/^outcome: script \w+ on Built-in worker never started \(-44\)/),
  );
  await open(home, 'go');
});

test('ended tasks say what each script really did: exited, stopped and seen dead, over its limit (I5)', async () => {
  await using home = await Home.open();
  await home.run(['run', 'exit 7']);
  expect(await explain(home, '1')).toEqual([
    expect.stringMatching(
      /^task: ServerTasks-1 .* failed at .*: the script exited with 7 on Built-in worker \[OCTO_STEP_EXIT\]$/,
    ),
    'step: Step 1: Script failed',
    expect.stringMatching(/^outcome: script \w+ on Built-in worker exited with 7$/),
  ]);
  const child = home.start(['run', 'echo up; sleep 300 & sleep 300']);
  const output = collect(child);
  const end = finished(child);
  await until('it is up', async () => output.stdout.includes('up'));
  child.kill('SIGINT');
  await end;
  expect(await explain(home, '2')).toContainEqual(
    expect.stringMatching(/^outcome: script .* was stopped: all of it was seen dead \(\d+ processes\)$/),
  );
  const slow = await home.run(['run', 'sleep 300', '--var', 'Octo.Script.TimeLimitSeconds=0.5']);
  expect(slow).toMatchObject({ code: 1, stderr: expect.stringContaining('it ran longer than its limit of 0.5 s') });
  expect(await explain(home, '3')).toContainEqual(expect.stringContaining('limit of 0.5 s; all of it was seen dead'));
});

test('a step that nobody can take says so before it runs, and a task whose node is gone says who takes it up', async () => {
  await using home = await Home.open();
  const server = await home.serve(['--no-builtin-worker', '--task-cap', '0']);
  const id = await start(home, 'true');
  expect(await explain(home, id)).toContainEqual(
    expect.stringMatching(/^next: as things are the step would fail: .* built-in worker is switched off/),
  );
  expect(await explain(home, id)).toContainEqual(expect.stringMatching(/^node: server-\S+: its task cap is 0/));
  await kill(server.child);
  expect(await explain(home, id)).toContainEqual(expect.stringMatching(/^node: server-\S+: it is gone$/));
  expect((await home.run(['task', 'explain', '99'])).code).toBe(1);
});

test('files in a folder beside the script, and parameters with every kind of quoting', async () => {
  await using home = await Home.open();
  const { mkdir } = await import('node:fs/promises');
  await mkdir(join(home.dir, 'deploy', 'lib'), { recursive: true });
  await writeFile(join(home.dir, 'deploy', 'lib', 'say.sh'), 'say() { for w in "$@"; do echo "<$w>"; done; }\n');
  await writeFile(join(home.dir, 'deploy', 'main.sh'), '. ./lib/say.sh\nsay "$@"\ncat extra.txt\n');
  await writeFile(join(home.dir, 'extra.txt'), 'extra #{Name}\n');
  const parameters = `"two words" 'it'\\''s' plain\\ blank "" '$HOME' "a\\"b" '#{Name}'`;
  const args = ['--folder', 'deploy', '--file', 'main.sh', '--with', 'extra.txt', '--var', 'Name=Ada'];
  const { code, stdout } = await home.run(['run', ...args, '--parameters', parameters]);
  expect(code).toBe(0);
  const words = ['two words', "it's", 'plain blank', '', '$HOME', 'a"b', 'Ada'].map((word) => `<${word}>`);
  expect(stdout.trim().split('\n')).toEqual([...words, 'extra #{Name}']);
});
