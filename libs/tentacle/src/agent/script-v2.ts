import { type Service } from '@octo/halibut';
import { SCRIPTS_V2 } from '../contracts.ts';
import { Reading } from '../reading.ts';
import { spanOf, writeStatus } from '../script-messages.ts';
import { statusNow, untilOver } from './answers.ts';
import { readLaunch } from './launch.ts';
import { type TentacleServicesOptions } from './services.ts';

/** No client waits longer for the answer to a start than this. */
const MOST_WAIT_MS = 60_000;

/** Script service v2 (halibut.md 5.5): idempotent by ticket, whoever asks and however often. */
export function scriptServiceV2({ agent }: TentacleServicesOptions): Service {
  return {
    contract: SCRIPTS_V2,
    async invoke(method, [command], { signal }) {
      const it = new Reading(command, `the command of ${method}`);
      const ticket = it.inside(method === 'StartScript' ? 'ScriptTicket' : 'Ticket').text('TaskId') ?? '';
      const after = it.number('LastLogSequence') ?? 0;
      switch (method) {
        case 'StartScript': {
          const waitMs = Math.min(spanOf(it, 'DurationToWaitForScriptToFinish') ?? 0, MOST_WAIT_MS);
          await agent.start(ticket, readLaunch(command, signal), signal);
          return writeStatus(ticket, await untilOver(agent, ticket, { after: 0, waitMs }, signal));
        }
        case 'CancelScript':
          await agent.cancel({ ticket });
          return writeStatus(ticket, await statusNow(agent, ticket, after, signal));
        case 'CompleteScript':
          await agent.complete({ ticket });
          return null;
        default:
          return writeStatus(ticket, await statusNow(agent, ticket, after, signal));
      }
    },
  };
}
