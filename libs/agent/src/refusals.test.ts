import { type Launch } from '@octo/kernel';
import { launchOf, readToEnd, textBytes } from '@octo/testkit';
import { mkdirSync, utimesSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentHome } from './agent.fixture.ts';
import { type Agent } from './agent.ts';

const DAY_MS = 24 * 3_600_000;
let home: AgentHome;
let tickets = 0;
const newTicket = () => `t${++tickets}`;
const limit = () => AbortSignal.timeout(15_000);
const run = async (agent: Agent, bash: string, more: Partial<Launch> = {}, ticket = newTicket()) => {
  await agent.start(ticket, launchOf(bash, more), limit());
  return readToEnd(agent, ticket);
};

beforeEach(() => {
  home = new AgentHome();
});
afterEach(async () => {
  await home.close();
});

describe('what is refused', () => {
  test.each(['', '../x', 'a/b', 'a.b', '.hidden', 'x'.repeat(65), 'ümlaut', 'a\n'])(
    'the ticket %j (halibut.md 5.5)',
    async (ticket) => {
      const agent = home.open();
      const refused = expect.objectContaining({ code: 'OCTO_AGENT_TICKET' });
      await expect(agent.start(ticket, launchOf('true'), limit())).rejects.toEqual(refused);
      await expect(agent.complete({ ticket })).rejects.toEqual(refused);
      await expect(agent.cancel({ ticket })).rejects.toEqual(refused);
    },
  );

  test.each([
    '../evil',
    '/etc/evil',
    'a/../../evil',
    '..\\evil',
    '\\evil',
    '.',
    '',
    'Bootstrap.sh',
    'x/../Bootstrap.sh',
  ])('the launch file %j, and nothing of the launch is left', async (name) => {
    const agent = home.open();
    const launch = launchOf('true', { files: [{ name, content: textBytes('x') }] });
    await expect(agent.start('bad', launch, limit())).rejects.toMatchObject({ code: 'OCTO_AGENT_PATH' });
    expect(home.tickets()).toEqual([]);
  });

  test('a launch for another shell, a NUL byte, a strange cursor', async () => {
    const agent = home.open();
    const start = (launch: Launch) => agent.start(newTicket(), launch, limit());
    await expect(start({ ...launchOf(''), body: { powershell: '1' } })).rejects.toMatchObject({
      code: 'OCTO_AGENT_SHELL',
    });
    await expect(start(launchOf('true', { arguments: ['a\0b'] }))).rejects.toMatchObject({ code: 'OCTO_AGENT_NUL' });
    const status = agent.status({ ticket: 'x' }, { after: 'no', waitMs: 0 }, limit());
    await expect(status).rejects.toMatchObject({ code: 'OCTO_AGENT_CURSOR' });
  });

  test('a start on a full disk, after cleaning (R149)', async () => {
    const agent = home.open({ minimumFreeBytes: Number.MAX_SAFE_INTEGER });
    mkdirSync(home.inWork('old'));
    const old = new Date(Date.now() - 2 * DAY_MS);
    utimesSync(home.inWork('old'), old, old);
    await expect(agent.start('t', launchOf('true'), limit())).rejects.toMatchObject({
      code: 'OCTO_TRANSPORT_DISK_FULL',
      started: 'no',
    });
    expect(home.tickets()).toEqual([]);
  });

  test('a lower fence than one that was seen for the task, also after a restart (I3)', async () => {
    await run(home.open(), 'true', { fence: 7 });
    const again = home.open();
    await expect(again.start('late', launchOf('true', { fence: 6 }), limit())).rejects.toMatchObject({
      code: 'OCTO_TRANSPORT_FENCED',
      started: 'no',
    });
    expect((await run(again, 'echo ok', { fence: 6, taskId: 'ServerTasks-2' })).texts).toEqual(['ok']);
    expect((await run(again, 'echo ok', { fence: 7 })).texts).toEqual(['ok']);
  });
});
