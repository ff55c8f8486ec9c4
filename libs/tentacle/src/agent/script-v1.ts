import { type Service } from '@octo/halibut';
import { ScriptExit } from '@octo/kernel';
import { SCRIPTS_V1 } from '../contracts.ts';
import { Reading } from '../reading.ts';
import { type StatusMessage, writeStatus } from '../script-messages.ts';
import { statusNow } from './answers.ts';
import { readLaunch } from './launch.ts';
import { type TentacleServicesOptions } from './services.ts';

/** Script service v1 (halibut.md 5.6), for servers of old: every start is a new script, and the ticket is ours. */
export function scriptServiceV1({ agent, clock }: TentacleServicesOptions): Service {
  let count = 0;
  return {
    contract: SCRIPTS_V1,
    async invoke(method, [command], { signal }) {
      const it = new Reading(command, `the command of ${method}`);
      if (method === 'StartScript') {
        const launch = readLaunch(command, signal);
        let ticket = ticketOf(launch.taskId, clock.now(), ++count);
        // An earlier process may have counted in the same second; a known ticket would not be run.
        while (!isUnknown(await statusNow(agent, ticket, 0, signal)))
          ticket = ticketOf(launch.taskId, clock.now(), ++count);
        await agent.start(ticket, launch, signal);
        return { TaskId: ticket };
      }
      const ticket = it.inside('Ticket').text('TaskId') ?? '';
      const after = it.number('LastLogSequence') ?? 0;
      const status = await statusNow(agent, ticket, after, signal);
      if (isUnknown(status)) return writeStatus(ticket, { ...status, exitCode: 0, next: after });
      if (method === 'CancelScript') await agent.cancel({ ticket });
      if (method === 'CompleteScript') await agent.complete({ ticket });
      return writeStatus(ticket, status);
    },
  };
}

/** A ticket names a folder, which is no longer than it may be. */
const MOST_TASK = 40;

/** `<yyyyMMddHHmmss>-<task>-<number>`, in UTC. */
function ticketOf(taskId: string, nowMs: number, number: number): string {
  const stamp = new Date(nowMs).toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const task = taskId
    .replace(/^ServerTasks-/, '')
    .replaceAll(/[^A-Za-z0-9-]/g, '')
    .slice(0, MOST_TASK);
  return `${stamp}-${task}-${number}`;
}

/** Nobody but us makes tickets, so one that is not known is over; v1 has no word for it but Complete with 0. */
function isUnknown(status: StatusMessage): boolean {
  return status.state === 'Complete' && status.exitCode === ScriptExit.UnknownScript;
}
