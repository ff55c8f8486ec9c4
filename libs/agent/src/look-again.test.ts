import { eventually, launchOf, readToEnd } from '@octo/testkit';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AgentHome } from './agent.fixture.ts';
import { type Agent } from './agent.ts';
import { BOOT, type ProcessId, statOf } from './process-id.ts';
import { lookAgain } from './look-again.ts';
import { type Result } from './record.ts';
import { stopScript } from './stop-script.ts';
import { workspaceAt } from './workspace.ts';

let home: AgentHome;
beforeEach(() => {
  home = new AgentHome();
});
afterEach(() => home.close());

const limit = () => AbortSignal.timeout(15_000);
const first = { after: '', waitMs: 0 };
/** Does not end when it is asked to. */
const STUBBORN = `trap '' TERM; echo here; while :; do sleep 0.05; done`;
/** No time at all to see a death: whatever has to be killed is abandoned, and dies right after. */
const HASTY = { graceMs: 0, killLimitMs: 0 };

/** One that was cancelled; each test says what was left of it. */
async function cancelled(ticket: string) {
  const agent = home.open(HASTY);
  await agent.start(ticket, launchOf(STUBBORN), limit());
  await eventually('it runs', async () => (await agent.status({ ticket }, first, limit())).lines.length > 0);
  await agent.cancel({ ticket });
  await eventually('it is given up', () => existsSync(home.inWork(ticket, 'result.json')));
  return agent;
}
const endOf = async (agent: Agent, ticket: string) => (await readToEnd(agent, ticket)).last;

test('what could not be killed in time is named, and has ended once all of it is seen dead (R159)', async () => {
  const agent = home.open();
  await agent.start('t1', launchOf(STUBBORN), limit());
  await eventually('it runs', async () => (await agent.status({ ticket: 't1' }, first, limit())).lines.length > 0);
  const at = { ticket: 't1', workspace: workspaceAt(home.inWork('t1')), groups: undefined };
  const result = await stopScript({ ...at, limits: HASTY, reason: '' }, limit());
  expect(result).toMatchObject({
    end: 'abandoned',
    detail: expect.stringMatching(/^pid \d+.* may still run$/) as string,
  });
  expect(result.left?.every(({ boot, startTime }) => boot === BOOT && /^\d+$/.test(startTime))).toBe(true);
  const dead = await eventually('it is dead', () => lookAgain({ ...at, result }));
  expect(dead).toMatchObject({ end: 'stopped', detail: 'all of it was seen dead; it had been abandoned' });
});

test('while a process that was left lives it is not over, also after a restart, and its workspace stays (R150)', async () => {
  await (await cancelled('t2'))[Symbol.asyncDispose]();
  const survivor = spawn('sleep', ['60'], { stdio: 'ignore' }); // no mark, no group of it: only its name tells
  const gone = new Promise((done) => survivor.once('exit', done));
  const pid = survivor.pid ?? 0;
  const left: readonly ProcessId[] = [{ pid, startTime: statOf(pid)?.startTime ?? '', boot: BOOT }];
  const before: Result = { end: 'abandoned', exitCode: -46, detail: `pid ${pid} may still run`, left };
  writeFileSync(home.inWork('t2', 'result.json'), JSON.stringify(before));
  const later = { now: () => Date.now() + 90 * 24 * 3_600_000 };
  const agent = home.open({ ...HASTY, clock: later });
  const { left: _, ...told } = before;
  try {
    const status = await agent.status({ ticket: 't2' }, first, limit());
    expect(status).toMatchObject({ state: 'Complete', ...told });
    expect(status).not.toHaveProperty('left');
    expect(await agent.clean()).toBe(0);
  } finally {
    survivor.kill('SIGKILL');
  }
  await gone;
  expect((await endOf(agent, 't2')).end).toBe('stopped');
  expect(await agent.clean()).toBe(1);
});

test('a pid that has come again is another process', async () => {
  await (await cancelled('t3'))[Symbol.asyncDispose]();
  const left: readonly ProcessId[] = [{ pid: process.pid, startTime: '1', boot: BOOT }];
  writeFileSync(home.inWork('t3', 'result.json'), JSON.stringify({ end: 'abandoned', exitCode: -46, left }));
  const agent = home.open(HASTY);
  await eventually('it is dead', async () => (await endOf(agent, 't3')).end === 'stopped');
});

test('nothing survives a boot of the machine; what never said who it is can be told by nothing else', async () => {
  await (await cancelled('t4'))[Symbol.asyncDispose]();
  writeFileSync(home.inWork('t4', 'result.json'), JSON.stringify({ end: 'abandoned', exitCode: -46, left: [] }));
  writeFileSync(home.inWork('t4', 'started'), '');
  expect((await endOf(home.open(HASTY), 't4')).end).toBe('abandoned');
  const record = JSON.parse(readFileSync(home.inWork('t4', 'record.json'), 'utf8')) as object;
  writeFileSync(home.inWork('t4', 'record.json'), JSON.stringify({ ...record, boot: 'an earlier one' }));
  const { end, detail } = await endOf(home.open(HASTY), 't4');
  expect({ end, detail }).toEqual({ end: 'stopped', detail: 'the machine was booted since; it had been abandoned' });
});
