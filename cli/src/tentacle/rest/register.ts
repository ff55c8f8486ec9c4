import { checkAccess, openSession, type Access, type ApiOptions } from './access.ts';
import { changedBody, newBody, type Endpoint, type NewMachine } from './bodies.ts';
import { RESTART_NEEDED, type CommsStyle, type RestDeps } from './deps.ts';
import { known, RestFailure } from './failures.ts';
import { checkHandshake, commsAddress, webSocketAddress } from './handshake.ts';
import { collect, findNamed, isNamed } from './lookups.ts';
import { type MachineKind } from './machine-kinds.ts';
import { explicitProxy } from './proxies.ts';
import { idOf, linksOf, recordOf, textOf, type Resource } from './resources.ts';
import { linkOf, type Scope, type Session } from './session.ts';
import { normalSubscriptionId } from './subscription-id.ts';
import { subscriptionOf, withServer } from './trust.ts';
import { checkServerVersion } from './versions.ts';

/** Options of `register-worker` and `register-with` (halibut.md 9.3). An empty text counts as not given. */
export interface RegisterOptions extends ApiOptions {
  readonly name?: string;
  readonly policy?: string;
  readonly publicHostName?: string;
  readonly force?: boolean;
  readonly commsStyle?: string;
  readonly proxy?: string;
  readonly space?: string;
  readonly serverCommsPort?: number;
  readonly serverCommsAddress?: string;
  readonly serverWebSocket?: string;
  readonly serverSubscriptionId?: string;
  readonly tentacleCommsPort?: number;
}

interface Plan {
  readonly kind: MachineKind;
  readonly options: RegisterOptions;
  readonly access: Access;
  readonly name: string;
  /** Of our own certificate. */
  readonly thumbprint: string;
  /** Where a polling agent connects to; undefined for a listening one. */
  readonly comms: string | undefined;
}

/**
 * Registers this machine and then trusts the server. Nothing is sent before all options were checked, nothing is stored
 * at the server before all that it refers to was found, and we trust nobody before the server has stored us.
 */
export async function register(
  kind: MachineKind,
  options: RegisterOptions,
  deps: RestDeps,
  signal: AbortSignal,
): Promise<void> {
  const plan = planOf(kind, options, deps);
  if (plan.comms !== undefined) await checkComms(plan.comms, deps, signal);
  const session = await openSession(plan.access, deps, plan.comms !== undefined, signal);
  deps.say(`Registering the tentacle with the server at ${session.http.site.href}`);
  await session.start(signal);
  const space = await session.chooseSpace(options.space, signal);
  const root = await session.root(signal);
  checkServerVersion(root);
  const serverThumbprint = await session.serverThumbprint(linksOf(root), signal);
  const endpoint = await store(plan, await session.enter(space, signal), session, deps, signal);
  await trust(plan, endpoint, serverThumbprint, deps);
  deps.say('Machine registered successfully');
  deps.say(RESTART_NEEDED);
}

/** The checks that need no server, in the order of the real program (R39). */
function planOf(kind: MachineKind, options: RegisterOptions, { settings, host }: RestDeps): Plan {
  const access = checkAccess(options);
  kind.check();
  const style = commsStyle(options.commsStyle);
  const { thumbprint } = settings;
  if (thumbprint === undefined)
    throw known('No certificate has been generated for this Tentacle. Please run the new-certificate command first.');
  const { proxy, serverWebSocket, serverCommsAddress, serverCommsPort } = options;
  if (proxy && style !== 'TentaclePassive')
    throw known('Option --proxy can only be used with --comms-style=TentaclePassive');
  if (serverWebSocket && serverCommsAddress)
    throw known('Please specify a --server-web-socket, or a --server-comms-address - not both.');
  const comms = style === 'TentacleActive' ? addressOf() : undefined;
  return { kind, options, access, name: options.name || host.name, thumbprint, comms };

  function addressOf(): string {
    if (serverWebSocket) return webSocketAddress(serverWebSocket);
    return commsAddress(access.server, serverCommsAddress || undefined, serverCommsPort);
  }
}

function commsStyle(text: string | undefined): CommsStyle {
  if (!text) return 'TentaclePassive';
  const found = (['TentaclePassive', 'TentacleActive'] as const).find(
    (style) => style.toLowerCase() === text.toLowerCase(),
  );
  if (found) return found;
  throw known('Please specify a valid communications style, e.g. --comms-style=TentaclePassive');
}

/** Before the server keeps a record of a machine that could never reach it (R40). */
export async function checkComms(comms: string, { settings, say }: RestDeps, signal: AbortSignal): Promise<void> {
  if (/^wss?:/.test(comms)) return; // the server's own port, which the API is about to be asked on
  const port = new URL(comms).port || '443';
  say(`Checking connectivity on the server communications port ${port}...`);
  await checkHandshake(comms, explicitProxy(settings.pollingProxy), signal);
  say('Connected successfully');
}

/** Steps 9 to 16 of halibut.md 9.3.3. */
async function store(
  plan: Plan,
  scope: Scope,
  { http }: Session,
  deps: RestDeps,
  signal: AbortSignal,
): Promise<Endpoint> {
  const { kind, options, name } = plan;
  const collection = linkOf(scope.links, kind.link);
  const named = await collect(http, collection, { name: name.trim() }, signal);
  const existing = named.find((machine) => isNamed(machine, name));
  if (existing) checkMayChange(existing, plan, scope.spaceId);
  const find = async (link: string, wanted: string | undefined, what: string) => {
    if (!wanted) return null;
    const found = await findNamed(http, linkOf(scope.links, link), wanted, signal);
    if (found) return idOf(found);
    throw new RestFailure('OCTO_REGISTER_UNKNOWN', `Unable to find the ${what} with the name '${wanted}'.`);
  };
  const proxyId = await find('Proxies', options.proxy, 'proxy');
  const policyId = await find('MachinePolicies', options.policy, 'machine policy');
  const part = await kind.resolve(http, scope.links, signal);
  const endpoint = endpointOf(plan, proxyId, deps);
  await seedConnections(plan, deps);
  const machine: NewMachine = { name, spaceId: scope.spaceId, policyId, endpoint };
  const answer = existing
    ? await http.put(linkOf(linksOf(existing), 'Self'), changedBody(existing, part, machine), signal)
    : await http.post(collection, newBody(part, machine), signal);
  const stored = recordOf(answer, `the answer about the new ${kind.noun}`);
  await http.get(linkOf(linksOf(stored), 'Self'), {}, signal);
  return endpoint;
}

function checkMayChange(existing: Resource, { kind, name, options }: Plan, spaceId: string | null): void {
  if (!options.force)
    throw known(
      `A ${kind.noun} named '${name}' already exists in the environment. Use the 'force' parameter if you intended to update the existing ${kind.noun}.`,
    );
  const { SpaceId: own } = existing;
  if (typeof own === 'string' && spaceId !== null && own !== spaceId)
    throw new RestFailure(
      'OCTO_REGISTER_ANSWER',
      `the ${kind.noun} ${textOf(existing, 'Name')} is in space ${own}, not in ${spaceId}`,
    );
}

function endpointOf({ comms, options, thumbprint }: Plan, proxyId: string | null, deps: RestDeps): Endpoint {
  const { settings, host, newSubscriptionId } = deps;
  if (comms !== undefined) {
    const given = options.serverSubscriptionId;
    const uri = subscriptionOf(settings.trusted, comms) ?? (given ? normalSubscriptionId(given) : newSubscriptionId());
    return { style: 'TentacleActive', thumbprint, uri };
  }
  const publicName = (options.publicHostName || host.name).toLowerCase();
  const uri = `https://${publicName}:${options.tentacleCommsPort ?? settings.listenPort}/`;
  if (!URL.canParse(uri)) throw new RestFailure('OCTO_REGISTER_UNKNOWN', `${uri} is no address of this machine`);
  return { style: 'TentaclePassive', thumbprint, uri, proxyId };
}

/** Stays even if the server then refuses the record; an operator's own value is never touched (R41). */
async function seedConnections({ comms, kind }: Plan, { settings, host, say }: RestDeps): Promise<void> {
  if (comms === undefined || settings.pollingConnectionCount !== undefined) return;
  const count = kind.connections(host.cpus);
  say(`Setting the polling connection count to ${count}`);
  await settings.setPollingConnectionCount(count);
}

async function trust({ comms }: Plan, endpoint: Endpoint, thumbprint: string, { settings }: RestDeps): Promise<void> {
  const subscriptionId = endpoint.style === 'TentacleActive' ? endpoint.uri : null;
  const entry = { thumbprint, style: endpoint.style, address: comms ?? null, subscriptionId };
  await settings.setTrusted(withServer(settings.trusted, entry));
}
