import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { launchOf, readToEnd } from './follow-script.ts';
import { type ContractCase, limit, newTicket } from './transport-case.ts';

/** The part of `transportContract` that is about scripts that get into each other's way. */
export function isolationCases<E>(at: ContractCase<E>): void {
  at.promised('lines of who is waited for')(
    'exclusive scripts of one mutex are alone; the log says who is waited for (R161, R164)',
    async () => {
      await using session = await at.open();
      const trace = join(at.dir, newTicket());
      const isolation = { exclusive: true, mutex: newTicket() };
      const body = `echo in >> '${trace}'; sleep 0.25; echo out >> '${trace}'`;
      const tickets = [newTicket(), newTicket(), newTicket()];
      for (const ticket of tickets) await session.start(ticket, launchOf(body, { isolation }), limit());
      const all = await Promise.all(tickets.map((ticket) => readToEnd(session, ticket)));
      expect(await readFile(trace, 'utf8')).toBe('in\nout\n'.repeat(3));
      expect(all[2]?.texts.join()).toMatch(/Waiting for the script in task .*ServerTasks-1/);
      for (const ticket of tickets) await session.complete({ ticket }, '', limit());
    },
  );

  test('a wait for the mutex that takes too long ends as unstarted, −44 (R165)', async () => {
    await using session = await at.open();
    const mutex = newTicket();
    const [holder, late] = [newTicket(), newTicket()];
    await session.start(holder, launchOf('sleep 30', { isolation: { exclusive: true, mutex } }), limit());
    const isolation = { exclusive: true, mutex, timeoutMs: 150 };
    await session.start(late, launchOf('true', { isolation }), limit());
    expect((await readToEnd(session, late)).last).toMatchObject({ end: 'unstarted', exitCode: -44 });
    await session.cancel({ ticket: holder }, limit());
    await readToEnd(session, holder);
  });

  at.promised('fences')('a start under a lower fence than one seen for the task is refused (I3)', async () => {
    await using session = await at.open();
    const taskId = `ServerTasks-${newTicket()}`;
    await session.start(newTicket(), launchOf('true', { taskId, fence: 3 }), limit());
    await expect(session.start(newTicket(), launchOf('true', { taskId, fence: 2 }), limit())).rejects.toMatchObject({
      kind: 'TransportError',
      started: 'no',
    });
  });
}
