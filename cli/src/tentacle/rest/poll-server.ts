import { checkAccess, openSession, type ApiOptions } from './access.ts';
import { RESTART_NEEDED, type RestDeps, type TrustedServer } from './deps.ts';
import { known } from './failures.ts';
import { commsAddress, webSocketAddress } from './handshake.ts';
import { checkComms } from './register.ts';
import { isThumbprint, withServer } from './trust.ts';

export interface PollServerOptions extends ApiOptions {
  readonly serverCommsAddress?: string;
  readonly serverCommsPort?: number;
  readonly serverWebSocket?: string;
  readonly reuseServerThumbprint?: boolean;
}

/** Polls one more node of a server that is polled already, under the same subscription (halibut.md 9.6). */
export async function pollServer(options: PollServerOptions, deps: RestDeps, signal: AbortSignal): Promise<void> {
  const { settings, say } = deps;
  const entry = options.reuseServerThumbprint ? reused(options, deps) : await asked(options, deps, signal);
  await settings.setTrusted(withServer(settings.trusted, entry));
  say('Polling endpoint configured');
  say(RESTART_NEEDED);
}

async function asked(options: PollServerOptions, deps: RestDeps, signal: AbortSignal): Promise<TrustedServer> {
  const access = checkAccess(options);
  const address = options.serverWebSocket
    ? webSocketAddress(options.serverWebSocket)
    : commsAddress(access.server, options.serverCommsAddress || undefined, options.serverCommsPort);
  await checkComms(address, deps, signal);
  const session = await openSession(access, deps, true, signal);
  deps.say(`Configuring Tentacle to poll the server at ${session.http.site.href}`);
  await session.root(signal);
  const scope = await session.start(signal);
  const thumbprint = await session.serverThumbprint(scope.links, signal);
  return { thumbprint, style: 'TentacleActive', address, subscriptionId: subscriptionFor(thumbprint, deps) };
}

function subscriptionFor(thumbprint: string, { settings }: RestDeps): string {
  const trusted = settings.trusted.filter((server) => isThumbprint(server.thumbprint, thumbprint));
  const instance = settings.instance === undefined ? '' : ` --instance ${settings.instance}`;
  if (trusted.length === 0)
    throw known(
      `The Octopus Server is not trusted yet. To trust it, use 'Tentacle configure --trust=${thumbprint}${instance}'`,
    );
  const found = trusted.find(({ style, subscriptionId }) => style === 'TentacleActive' && subscriptionId !== null);
  if (found?.subscriptionId) return found.subscriptionId;
  throw known(
    `The Octopus Server is trusted, but not polled yet. To poll it, use 'Tentacle server-comms --style=TentacleActive --host=HOST --thumbprint=${thumbprint}${instance}'`,
  );
}

/**
 * The way without the API. The real program copies the first trusted entry, which may be one that is never polled; we
 * take the first that is.
 */
function reused(options: PollServerOptions, { settings }: RestDeps): TrustedServer {
  const { serverCommsAddress: given, serverCommsPort: port } = options;
  if (!given) throw known('Please specify --server-comms-address when using --reuse-server-thumbprint.');
  const first = settings.trusted.find(
    ({ style, subscriptionId }) => style === 'TentacleActive' && subscriptionId !== null,
  );
  if (first) return { ...first, address: commsAddress(given, given, port) };
  throw known('No server is polled yet, so there is no thumbprint that could be used again.');
}
