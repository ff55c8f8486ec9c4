import { type ConnectionLimits, InputError, type Session } from '@octo/kernel';
import { type Leasable } from '../leasing/candidates.ts';
import { type TaskRoom } from '../queue/room.ts';

/** Defaults of a machine policy, until policies are resources of their own. Source: R117, R119, R121–R124. */
export const CONNECTION_LIMITS: ConnectionLimits = {
  connectTimeoutMs: 60_000,
  retryAttempts: 5,
  retrySleepMs: 1_000,
  retryTimeLimitMs: 300_000,
  pollingPickUpMs: 120_000,
};

/** Open a conversation with a worker through the transport of its style. */
export function openSession(
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
  const missing = (what: string) => (id: string) =>
    Promise.reject(new InputError('OCTO_ACCOUNT_UNSUPPORTED', `${what} ${id}: this release keeps no ${what}s yet`));
  const opening = {
    workerId: worker.id,
    endpoint: worker.endpoint,
    limits: CONNECTION_LIMITS,
    log: room.scribe.log(activityId),
    account: missing('account'),
    proxy: missing('proxy'),
  };
  return room.waits.during(activityId, 'session', `a session with ${worker.name}`, () =>
    transport.open(opening, AbortSignal.any([signal, AbortSignal.timeout(room.limits.openMs)])),
  );
}
