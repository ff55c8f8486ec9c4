import { expect, test } from 'vitest';
import { ticketOfCheck } from './ticket-of-check.ts';

const task = { id: 'ServerTasks-7', queuedAtMs: 1_000 };

test('a check that is begun anew has the tickets that it had, and no other check has them', () => {
  const ticket = ticketOfCheck(task, 'Workers-1');
  expect(ticketOfCheck({ ...task }, 'Workers-1')).toBe(ticket);
  expect(ticket).toMatch(/^c[0-9a-f]{24}$/); // of letters and digits, as every machine side takes them
  const others = [ticketOfCheck(task, 'Workers-2'), ticketOfCheck({ ...task, queuedAtMs: 1_001 }, 'Workers-1'), ticketOfCheck({ ...task, id: 'ServerTasks-71' }, 'Workers-1')]; // prettier-ignore
  expect(new Set([ticket, ...others]).size).toBe(4);
});
