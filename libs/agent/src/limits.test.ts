import { type Launch } from '@octo/kernel';
import { eventually, isRunning, launchOf, readToEnd, untilLines } from '@octo/testkit';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentHome } from './agent.fixture.ts';
import { type Agent } from './agent.ts';
import { Groups } from './groups.ts';

let home: AgentHome;
let tickets = 0;
const limit = () => AbortSignal.timeout(15_000);
async function run(agent: Agent, bash: string, more: Partial<Launch> = {}, ticket = `lim${++tickets}`) {
  await agent.start(ticket, launchOf(bash, more), limit());
  return readToEnd(agent, ticket);
}
beforeEach(() => {
  home = new AgentHome();
});
afterEach(() => home.close());

describe('a script that exceeds its limit is stopped, with all that it started, and its end says why', () => {
  test.each([
    ['time', 'sleep 60 & sleep 60', { timeMs: 300 }, /^it ran longer than its limit of 0.3 s; all of it was seen dead/],
    [
      'output',
      'yes $(printf %01000d 7) | head -c 30000000; sleep 60',
      { outputBytes: 1024 * 1024 },
      /^it wrote more output than its limit of 1 MiB; all of it/,
    ],
    [
      'disk',
      'head -c 3000000 /dev/zero > big; sleep 60',
      { diskBytes: 2_000_000 },
      /^it took more disk than its limit of 2000000 bytes/,
    ],
  ])('%s', async (_, body, limits, detail) => {
    const { last } = await run(home.open(), body, { limits });
    expect(last).toMatchObject({ end: 'stopped', detail: expect.stringMatching(detail) });
  });

  test('the time counts on over a restart of the machine side', async () => {
    const before = home.open();
    await before.start(
      'long',
      launchOf(`echo $$ >> '${home.witness}'; sleep 60`, { limits: { timeMs: 1_500 } }),
      limit(),
    );
    const [pid] = await untilLines(home.witness, 1);
    await before[Symbol.asyncDispose]();
    const { last } = await readToEnd(home.open(), 'long');
    expect(last).toMatchObject({ end: 'stopped', detail: expect.stringContaining('limit of 1.5 s') });
    expect(isRunning(Number(pid))).toBe(false);
  });

  test('waiting for the mutex does not count', async () => {
    const agent = home.open();
    const isolation = { exclusive: true, mutex: 'm' };
    await agent.start('first', launchOf('sleep 1', { isolation }), limit());
    const { last } = await run(agent, 'true', { isolation, limits: { timeMs: 500 } });
    expect(last).toMatchObject({ end: 'exited', exitCode: 0 });
  });

  test('the default of the machine holds where a launch says nothing', async () => {
    const { last } = await run(home.open({ limits: { timeMs: 200 } }), 'sleep 60');
    expect(last.detail).toContain('limit of 0.2 s');
  });
});

const groups = Groups.open('/nowhere');
test.skipIf(!groups)(
  'a cancel finds what forks on, cleared its environment and lost its parents (I5; needs cgroup v2)',
  async () => {
    const agent = home.open();
    const escape = `(setsid env -i bash -c 'trap "" TERM; echo $$ >> "${home.witness}"; while :; do sleep 0.05; done' &) ; sleep 0.2; exec sleep 60`;
    await agent.start('esc', launchOf(escape), limit());
    const [pid] = await untilLines(home.witness, 1);
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('OCTO_TICKET');
    await agent.cancel({ ticket: 'esc' });
    const { last } = await readToEnd(agent, 'esc');
    expect(last).toMatchObject({ end: 'stopped', detail: expect.stringContaining('all of it was seen dead') });
    expect(isRunning(Number(pid))).toBe(false);
  },
);

test('a pending script tells which tasks it waits for, how long, and until when (R164, R252)', async () => {
  const agent = home.open();
  const isolation = { exclusive: true, mutex: 'db', timeoutMs: 60_000 };
  await agent.start('holder', launchOf('sleep 60', { isolation, taskId: 'ServerTasks-7' }), limit());
  await agent.start('waiter', launchOf('true', { isolation, taskId: 'ServerTasks-8' }), limit());
  const pending = await eventually('it is blocked', async () => {
    const status = await agent.status({ ticket: 'waiter' }, { after: '', waitMs: 0 }, limit());
    return status.state === 'Pending' && status.blocked;
  });
  expect(pending).toMatchObject({ mutex: 'db', byTasks: ['ServerTasks-7'], limitMs: 60_000 });
  expect(pending.forMs).toBeGreaterThanOrEqual(0);
});

test('workspaces that take too much together go, the oldest first; what is in use or has just ended stays', async () => {
  const agent = home.open({ keepBytes: 300_000 });
  await agent.start('inuse', launchOf('sleep 60'), limit());
  const old = (name: string, ageMs: number) => {
    mkdirSync(home.inWork(name), { recursive: true });
    writeFileSync(home.inWork(name, 'big'), Buffer.alloc(200_000));
    const at = (Date.now() - ageMs) / 1000;
    utimesSync(home.inWork(name), at, at);
  };
  old('older', 3_600_000);
  old('newer', 1_800_000);
  old('fresh', 0);
  await agent.clean();
  expect(home.tickets().toSorted()).toEqual(['fresh', 'inuse']);
  old('alone', 1_800_000);
  await home.open({ keepBytes: 10_000_000 }).clean();
  expect(home.tickets()).toContain('alone');
});
