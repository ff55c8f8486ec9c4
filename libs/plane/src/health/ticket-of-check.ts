import { createHash } from 'node:crypto';
import { type ServerTask } from '../model/task.ts';

/**
 * The ticket of a check's script on one machine. A server that was killed in the middle of the check begins it anew with
 * the same one: the machine knows it, says what it has come to, and nothing of it is left there. The time tells tasks of
 * one id apart, that of another installation or of a data folder that was made anew.
 */
export function ticketOfCheck({ id, queuedAtMs }: Pick<ServerTask, 'id' | 'queuedAtMs'>, workerId: string): string {
  const hash = createHash('sha256').update(`${id}\n${queuedAtMs}\n${workerId}`).digest('hex');
  return `c${hash.slice(0, 24)}`;
}
