import { InputError, OctoError, type Session, type TransportError } from '@octo/kernel';
import { type Leasable } from '../leasing/candidates.ts';
import { reachOf } from '../leasing/reach.ts';
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
  const limit = AbortSignal.any([signal, AbortSignal.timeout(room.limits.openMs)]);
  const open = async (): Promise<Session> => {
    const session = await transport.open(opening, limit);
    if (transport.reach !== 'where-connected') return session;
    try {
      await session.capabilities(limit); // whether it collects a request is known before anything is started (R63)
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  };
  const reach = (await reachOf(room, [worker])).get(worker.id);
  if (reach?.from !== 'nowhere') return room.waits.during(activityId, 'session', `a session with ${worker.name}`, open);
  const limitMs = opening.limits.pollingPickUpMs;
  const whenOver = 'another worker is tried, once; else the action fails';
  return room.waits.during(activityId, 'session', `${worker.name} to connect`, open, { limitMs, whenOver });
}

/** Nothing can have arrived at the worker (R63). */
export function isUnreached(error: unknown): boolean {
  return OctoError.is(error) && error.kind === 'TransportError' && (error as TransportError).started === 'no';
}
