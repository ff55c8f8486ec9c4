import { InputError, type Session } from '@octo/kernel';
import { type Leasable } from '../leasing/candidates.ts';
import { type TaskRoom } from '../queue/room.ts';
import { openingOf } from '../workers/opening.ts';

/** Open a conversation with a worker through the transport of its style. */
export async function openSession(
  room: TaskRoom,
  worker: Leasable,
  activityId: string,
  signal: AbortSignal,
): Promise<Session> {
  const transport = room.registry.transport(worker.style);
  if (!transport)
    throw new InputError('OCTO_STYLE_UNKNOWN', `no plugin speaks style ${worker.style} of ${worker.name}`, {
      hint: 'octo plugin list',
    });
  const opening = await openingOf(room.documents, worker, room.scribe.log(activityId));
  return room.waits.during(activityId, 'session', `a session with ${worker.name}`, () =>
    transport.open(opening, AbortSignal.any([signal, AbortSignal.timeout(room.limits.openMs)])),
  );
}
