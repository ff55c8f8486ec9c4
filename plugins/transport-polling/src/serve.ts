import { type Halibut, isThumbprintOf, type Listener, type Refusal, type Subscription } from '@octo/halibut';
import { webSocketAcceptor } from '@octo/halibut/web-socket';
import { type Comms, type Inbound, type Logger } from '@octo/kernel';
import { type PollingEndpoint } from './index.ts';
import { type Subscriptions } from './subscriptions.ts';

/** Where agents that may only leave by 443 come to, on the server's own port. */
export const WEB_SOCKET_PATH = '/octo/polling';
const PAGE =
  '<html><body><h1>octo</h1><p>Polling agents connect to this port. You have reached it, so they will, too.</p></body></html>';
const HEADERS = {
  'Content-Security-Policy': "default-src 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

interface Serving {
  readonly wire: Halibut;
  readonly comms: Comms;
  readonly subscriptions: Subscriptions;
  readonly logger: Logger;
  readonly inbound: Inbound<PollingEndpoint>;
}

/** Listens for agents until the signal aborts: on the port for them, and for WebSockets on the server's own. */
export async function servePolling(serving: Serving, signal: AbortSignal): Promise<void> {
  const { wire, comms, subscriptions, inbound, logger } = serving;
  if (!comms.listen) return;
  await using listener = await wire.listen({
    ...comms.listen,
    page: PAGE,
    pageHeaders: HEADERS,
    subscribers: { find: (uri, _thumbprint, certificate) => find(serving, uri, certificate) },
    onRefused: (refusal) => logRefusal(logger, refusal),
    onError: (error, peer) => logger.warn({ peer, error: String(error) }, 'the connection of an agent broke'),
  });
  using _upgrade = inbound.upgrade(WEB_SOCKET_PATH, webSocketAcceptor(listener, wire.identity));
  subscriptions.isServed = true;
  inbound.ready({ host: comms.listen.host, port: listener.port });
  await aborted(signal, listener);
  subscriptions.isServed = false;
}

/** Only the certificate that was registered for a subscription may claim it (halibut.md 1.4, R129). */
async function find({ wire, subscriptions, inbound }: Serving, uri: string, certificate: Uint8Array) {
  const all = await inbound.find(uri);
  const mine = all.filter(({ endpoint }) => isThumbprintOf(endpoint.Thumbprint, certificate));
  const [first] = mine;
  if (!first) return undefined;
  const changed = AbortSignal.any(mine.map((registration) => registration.changed));
  const subscription: Subscription = subscriptions.of(wire, uri, first.endpoint.Thumbprint);
  const held = (): Disposable => {
    const stack = new DisposableStack();
    for (const { workerId } of mine) stack.use(inbound.here(workerId));
    return stack;
  };
  return { subscription, changed, held };
}

function logRefusal(logger: Logger, { peer, thumbprint, subscription, why }: Refusal): void {
  logger.warn({ peer, thumbprint, subscription }, `an agent was refused: it ${why}`);
}

async function aborted(signal: AbortSignal, _listener: Listener): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
