import { type OutputLine } from '@octo/kernel';
import { eventually, isRunning, launchOf, readToEnd, untilLines } from '@octo/testkit';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentHome } from './agent.fixture.ts';

/** An agent in a process of its own: starts what it is told, and prints each page as a line of JSON. */
const PROGRAM = `
  const [root, ticket, launch] = JSON.parse(process.argv[1]);
  const { openAgent } = await import(${JSON.stringify(new URL('./agent.ts', import.meta.url).href)});
  const agent = openAgent({ root, clock: Date });
  const signal = AbortSignal.timeout(60_000);
  let status = await agent.start(ticket, launch, signal);
  for (;;) {
    console.log(JSON.stringify({ ...status, spawnerPid: agent.spawnerPid }));
    if (status.state === 'Complete') break;
    status = await agent.status({ ticket }, { after: status.next, waitMs: 2000 }, signal);
  }
  setInterval(() => {}, 1000);
`;
interface Page {
  readonly lines: readonly OutputLine[];
  readonly next: string;
  readonly state: string;
  readonly spawnerPid: number;
}
interface AgentProcess {
  readonly child: ChildProcess;
  readonly pages: readonly Page[];
}

let home: AgentHome;
const children: ChildProcess[] = [];
const limit = () => AbortSignal.timeout(15_000);

function agentProcess(ticket: string, launch: unknown): AgentProcess {
  const args = ['--conditions=octo-source', '--input-type=module', '-e', PROGRAM];
  const child = spawn(process.execPath, [...args, JSON.stringify([home.root, ticket, launch])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const pages: Page[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => pages.push(JSON.parse(line) as Page));
  return { child, pages };
}
async function kill({ child }: AgentProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'close');
}
const linesOf = (pages: readonly Page[]) => pages.flatMap((p) => p.lines);

/** Numbered lines on both streams, and a witness outside that counts the starts. */
const numbered = (count: number, pauseSeconds = 0.005) =>
  launchOf(
    `echo ran >> '${home.witness}'
   for n in $(seq 1 ${count}); do echo $n; [ $((n % 5)) = 0 ] && echo e$n >&2; sleep ${pauseSeconds}; done; exit 7`,
  );
function expectWhole(lines: readonly OutputLine[], count: number): void {
  const by = (source: string) => lines.filter((l) => l.source === source).map((l) => l.text);
  expect(by('StdOut')).toEqual(Array.from({ length: count }, (_, n) => String(n + 1)));
  expect(by('StdErr')).toEqual(Array.from({ length: Math.floor(count / 5) }, (_, n) => `e${(n + 1) * 5}`));
  expect(home.witnessed()).toBe('ran\n');
}

beforeEach(() => {
  home = new AgentHome();
});
afterEach(async () => {
  for (const child of children.splice(0)) await kill({ child, pages: [] });
  await home.close();
});

describe('kill -9 of the agent, and another one on its folder (R143, R144, R146)', () => {
  const points: [string, (first: AgentProcess) => Promise<unknown>][] = [
    [
      'once the record is written',
      () => eventually('the record is there', () => existsSync(home.inWork('one/record.json'))),
    ],
    ['once it is launched', (first) => eventually('the start is answered', () => first.pages.length > 0)],
    ['while it writes', (first) => eventually('half is out', () => linesOf(first.pages).length > 60)],
    [
      'once it has exited, before anybody noticed',
      async (first) => {
        await eventually('it runs', () => linesOf(first.pages).length > 10);
        first.child.kill('SIGSTOP');
        await eventually('it has exited', () => existsSync(home.inWork('one/exit')));
      },
    ],
    ['once its end was told', (first) => eventually('it is complete', () => first.pages.at(-1)?.state === 'Complete')],
  ];

  test.each(points)('%s: one start, each line once, in order, with the exit code', async (_, reached) => {
    const launch = numbered(100);
    const first = agentProcess('one', launch);
    await reached(first);
    await kill(first);
    const agent = home.open();
    if (first.pages.length === 0) await agent.start('one', launch, limit()); // nobody was told that it was accepted
    const rest = await readToEnd(agent, 'one', first.pages.at(-1)?.next ?? '');
    expectWhole([...linesOf(first.pages), ...rest.lines], 100);
    expect(rest.last).toMatchObject({ end: 'exited', exitCode: 7 });
    expect((await readToEnd(agent, 'one')).lines.slice(0, linesOf(first.pages).length)).toEqual(linesOf(first.pages));
  });

  test('again and again while it writes: still one start and a whole log', async () => {
    const launch = numbered(400);
    const lines: OutputLine[] = [];
    let generations = 0;
    for (let isOver = false; !isOver; generations++) {
      const next = agentProcess('one', launch); // starts the ticket anew each time: it is answered from the first line
      await eventually('it told something new', () => {
        isOver = next.pages.at(-1)?.state === 'Complete';
        return isOver || linesOf(next.pages).length > lines.length + 20;
      });
      await kill(next);
      const seen = linesOf(next.pages);
      expect(seen.slice(0, lines.length)).toEqual(lines);
      lines.splice(0, lines.length, ...seen);
    }
    expectWhole(lines, 400);
    expect(generations).toBeGreaterThan(3);
  });

  test('what runs holds its turn again; what waited was accepted, and goes on waiting (R161)', async () => {
    const isolation = { exclusive: true, mutex: 'RunningScript' };
    const go = join(home.root, 'go');
    const holder = launchOf(
      `echo held; while [ ! -e '${go}' ]; do sleep 0.02; done; echo released >> '${home.witness}'`,
      {
        isolation,
      },
    );
    const first = agentProcess('holder', holder);
    await eventually('it holds its turn', () => linesOf(first.pages).length > 0);
    await kill(first);
    const second = home.open();
    const waiting = await second.start('one', launchOf(`echo ran >> '${home.witness}'`, { isolation }), limit());
    expect(waiting.state).toBe('Pending');
    await second[Symbol.asyncDispose]();

    const third = home.open();
    expect((await third.status({ ticket: 'one' }, { after: '', waitMs: 150 }, limit())).state).toBe('Pending');
    await third.upload(go, { sizeBytes: 0, async *open() {} }, limit());
    expect((await readToEnd(third, 'one')).last).toMatchObject({ end: 'exited', exitCode: 0 });
    expect(home.witnessed()).toBe('released\nran\n');
  });

  test('a cancel or a completion of what was only accepted does not start it', async () => {
    const isolation = { exclusive: true, mutex: 'RunningScript' };
    const first = home.open();
    await first.start('holder', launchOf('sleep 60', { isolation }), limit());
    for (const ticket of ['one', 'two'])
      await first.start(ticket, launchOf(`echo ran >> '${home.witness}'`, { isolation }), limit());
    await first[Symbol.asyncDispose]();

    const second = home.open();
    await second.cancel({ ticket: 'one' });
    await second.complete({ ticket: 'two' });
    await second.complete({ ticket: 'holder' });
    expect((await readToEnd(second, 'one')).last).toMatchObject({ end: 'unstarted', exitCode: -43 });
    expect(existsSync(home.inWork('two'))).toBe(false);
    expect(home.witnessed()).toBe('');
  });
});

test('what was accepted before a loss of power may have run, and is not run again (R146)', async () => {
  const isolation = { exclusive: true, mutex: 'RunningScript' };
  const launch = launchOf(`echo ran >> '${home.witness}'`, { isolation });
  const first = home.open();
  await first.start('holder', launchOf('sleep 60', { isolation }), limit());
  await first.start('one', launch, limit());
  await first[Symbol.asyncDispose]();
  const record = home.inWork('one', 'record.json');
  const { boot } = JSON.parse(readFileSync(record, 'utf8')) as { boot: string };
  writeFileSync(record, readFileSync(record, 'utf8').replace(boot, 'an earlier boot'));

  const second = home.open();
  await second.complete({ ticket: 'holder' });
  expect(await second.start('one', launch, limit())).toMatchObject({
    state: 'Complete',
    end: 'unknown',
    exitCode: -46,
  });
  expect(home.witnessed()).toBe('');
});

test('kill -9 of the shell that starts scripts ends no script, and the next start makes another one', async () => {
  const agent = home.open();
  await agent.start('one', numbered(60), limit());
  await untilLines(home.witness, 1);
  const pid = agent.spawnerPid!;
  process.kill(pid, 'SIGKILL');
  await eventually('it is dead', () => !isRunning(pid));
  await agent.start('holder', launchOf('echo next'), limit());
  expect((await readToEnd(agent, 'holder')).texts).toEqual(['next']);
  expect(agent.spawnerPid).not.toBe(pid);
  expectWhole((await readToEnd(agent, 'one')).lines, 60);
});

test('a start that the dying shell has swallowed is handed over again, and runs once', async () => {
  const agent = home.open();
  await agent.start('holder', launchOf('true'), limit());
  await readToEnd(agent, 'holder');
  process.kill(agent.spawnerPid!, 'SIGSTOP'); // takes the ticket from its pipe no more
  const pid = agent.spawnerPid!;
  await agent.start('one', numbered(5), limit());
  process.kill(pid, 'SIGKILL');
  const { lines, last } = await readToEnd(agent, 'one');
  expectWhole(lines, 5);
  expect(last).toMatchObject({ end: 'exited', exitCode: 7 });
});

test('kill -9 of the supervisor makes the result unknown, for good (R146)', async () => {
  const agent = home.open();
  await agent.start('one', launchOf('echo $$; exec sleep 30'), limit());
  const { lines } = await agent.status({ ticket: 'one' }, { after: '', waitMs: 10_000 }, limit());
  const supervisor = Number(readFileSync(home.inWork('one/started'), 'utf8').split(' ')[0]);
  process.kill(supervisor, 'SIGKILL');
  const { last } = await readToEnd(agent, 'one', '1');
  expect(last).toMatchObject({ end: 'unknown', exitCode: -46 });
  process.kill(Number(lines[0]?.text), 'SIGKILL'); // it does still run
  expect((await readToEnd(home.open(), 'one', '1')).last).toEqual({ ...last, lines: [] });
});
