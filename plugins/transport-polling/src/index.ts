import { type Caller, Halibut, subscriptionUri } from '@octo/halibut';
import { Clock, Comms, definePlugin, defineTransport, Logger, ServerIdentity, TransportError } from '@octo/kernel';
import { openTentacleSession } from '@octo/tentacle';
import { z } from 'zod';
import { servePolling } from './serve.ts';
import { Subscriptions } from './subscriptions.ts';

const endpoint = z.looseObject({
  Uri: z.string().describe('subscription of the Tentacle, e.g. poll://abc123/'),
  Thumbprint: z.string().describe("thumbprint of the Tentacle's certificate: 40 hexadecimal digits"),
});
export type PollingEndpoint = z.infer<typeof endpoint>;

/** A machine whose Tentacle calls us (R127): its calls wait here until it comes for them. */
export const polling = defineTransport({
  style: 'TentacleActive',
  word: 'polling',
  endpoint,
  reach: 'where-connected',
  address: ({ Uri }) => (URL.canParse(Uri) ? subscriptionUri(Uri) : Uri),
  deps: { identity: ServerIdentity, comms: Comms, clock: Clock, logger: Logger },
  create({ identity, comms, clock, logger }) {
    let made: Promise<Halibut> | undefined;
    const wire = () => {
      made ??= identity.get().then(({ certificatePem, privateKeyPem, thumbprint }) => {
        return new Halibut({ identity: { certificatePem, privateKeyPem: privateKeyPem.reveal(), thumbprint } });
      });
      made.catch(() => (made = undefined)); // asked for anew the next time
      return made;
    };
    const subscriptions = new Subscriptions();
    return {
      async open({ endpoint: { Uri, Thumbprint }, limits, log, workerId }) {
        if (!subscriptions.isServed && !comms.listen)
          throw new TransportError('OCTO_TRANSPORT_NEEDS_SERVER', `${workerId} calls a server, and none runs here`, {
            started: 'no',
            hint: 'start one on this data folder: octo server start',
          });
        const subscription = subscriptions.of(await wire(), subscriptionUri(Uri), Thumbprint);
        const session = openTentacleSession({
          caller: withPickUp(subscription, limits.pollingPickUpMs),
          clock,
          limits,
          log,
        });
        return session;
      },
      serve: async (inbound, signal) =>
        servePolling({ wire: await wire(), comms, subscriptions, logger, inbound }, signal),
      async [Symbol.asyncDispose]() {
        await subscriptions[Symbol.asyncDispose]();
      },
    };
  },
});

const withLimit = new WeakMap<object, Map<number, Caller>>();

/** The same queue with the policy's own limit for what nobody collects (R119); one per limit, for sessions remember it. */
function withPickUp(subscription: ReturnType<Subscriptions['of']>, pickUpMs: number): Caller {
  const known = withLimit.get(subscription) ?? new Map<number, Caller>();
  withLimit.set(subscription, known);
  const caller: Caller = known.get(pickUpMs) ?? {
    name: subscription.name,
    get noticesSilence() {
      return subscription.noticesSilence;
    },
    get isParallel() {
      return subscription.isParallel;
    },
    call: (call, signal) => subscription.call(call, signal, pickUpMs),
    [Symbol.asyncDispose]: async () => {},
  };
  known.set(pickUpMs, caller);
  return caller;
}

export default definePlugin({ name: '@octo/plugin-transport-polling', contract: 1, transports: [polling] });
