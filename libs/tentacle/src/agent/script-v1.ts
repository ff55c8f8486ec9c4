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
        const ticket = ticketOf(launch.taskId, clock.now(), ++count);
        await agent.start(ticket, launch, signal);
        return { TaskId: ticket };
      }
      const ticket = it.inside('Ticket').text('TaskId') ?? '';
      const after = it.number('LastLogSequence') ?? 0;
      if (method === 'CancelScript') await agent.cancel({ ticket });
      const status = forV1(await statusNow(agent, ticket, after, signal), after);
      if (method === 'CompleteScript') await agent.complete({ ticket });
      return writeStatus(ticket, status);
    },
  };
}

/** `<yyyyMMddHHmmss>-<task>-<number>`, in UTC. */
function ticketOf(taskId: string, nowMs: number, number: number): string {
  const stamp = new Date(nowMs).toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const task = taskId.replace(/^ServerTasks-/, '').replaceAll(/[^A-Za-z0-9-]/g, '');
  return `${stamp}-${task}-${number}`;
}

/** An unknown ticket is Complete with 0: v1 has no other word. */
function forV1(status: StatusMessage, after: number): StatusMessage {
  const isUnknown = status.state === 'Complete' && status.exitCode === ScriptExit.UnknownScript;
  return isUnknown ? { ...status, exitCode: 0, next: after } : status;
}
