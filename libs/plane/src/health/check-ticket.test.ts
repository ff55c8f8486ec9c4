import { expect, test } from 'vitest';
import { checkTicket } from './check-ticket.ts';

const task = { id: 'ServerTasks-7', queuedAtMs: 1_000 };

test('a check that is begun anew has the tickets that it had, and no other check has them', () => {
  const ticket = checkTicket(task, 'Workers-1');
  expect(checkTicket({ ...task }, 'Workers-1')).toBe(ticket);
  expect(ticket).toMatch(/^c[0-9a-f]{24}$/); // of letters and digits, as every machine side takes them
  const others = [checkTicket(task, 'Workers-2'), checkTicket({ ...task, queuedAtMs: 1_001 }, 'Workers-1'), checkTicket({ ...task, id: 'ServerTasks-71' }, 'Workers-1')]; // prettier-ignore
  expect(new Set([ticket, ...others]).size).toBe(4);
});
