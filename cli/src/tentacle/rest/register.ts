import { randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import { type Io } from '../command.ts';
import { RESTART } from '../commands/shared.ts';
import { styleOf, webSocketAddress } from '../commands/trust.ts';
import { KnownFailure } from '../errors.ts';
import { isSame, type Values } from '../parse.ts';
import { pollingProxy } from '../run-agent.ts';
import { newSubscriptionId, type Settings, withServer } from '../settings.ts';
import { checkPort } from './handshake.ts';
import { type Linked, readAccess, Server, type SpaceOnServer } from './server.ts';

/** What differs between a worker and a deployment target. */
export interface Kind {
  readonly noun: 'worker' | 'machine';
  readonly link: 'Workers' | 'Machines';
  /** Members of its own, and the checks for them. */
  check(values: Values): void;
  members(server: Server, space: SpaceOnServer, values: Values): Promise<Readonly<Record<string, unknown>>>;
  readonly connections: () => number;
}
interface Plan {
  readonly isActive: boolean;
  /** Of the server's port for agents, where this machine calls. */
  readonly address: URL | undefined;
  readonly name: string;
}

/** `register-worker` and `register-with`: checks, the server's record, then our own (halibut.md 9.3). */
export async function register(kind: Kind, settings: Settings, values: Values, io: Io): Promise<void> {
  const plan = readPlan(kind, values);
  const identity = await settings.certificate();
  if (!identity)
    throw new KnownFailure(
      'No certificate has been generated for this Tentacle. Please run the new-certificate command first.',
    );
  if (plan.isActive && values.text('proxy'))
    throw new KnownFailure(
      'Option --proxy can only be used with --comms-style=TentaclePassive. To set a proxy for polling: tentacle polling-proxy',
    );
  if (plan.address && plan.address.protocol === 'https:') await checkPort(plan.address, pollingProxy(settings), io);

  const server = await openServer(values, io);
  io.line(`Registering the tentacle with the server at ${server.shown}`);
  const space = await server.space(values.text('space'));
  server.checkVersion();
  const thumbprint = await server.thumbprint();
  const address = plan.address?.href.replace(/\/$/, '');
  const subscriptionId = plan.isActive ? subscriptionFor(settings, values, address) : undefined;
  const existing = await findByName(server, server.link(space.links, kind.link, { name: plan.name }), plan.name);
  if (existing && !values.has('force'))
    throw new KnownFailure(
      `A ${kind.noun} named '${plan.name}' already exists in the environment. Use the 'force' parameter if you intended to update the existing ${kind.noun}.`,
    );
  const proxyId =
    values.text('proxy') &&
    (await idOf(server, server.link(space.links, 'Proxies'), values.text('proxy') ?? '', 'proxy'));
  const policy = values.text('policy');
  const policyId =
    policy && (await idOf(server, server.link(space.links, 'MachinePolicies'), policy, 'machine policy'));
  const endpoint = endpointOf({ values, settings, thumbprint: identity.thumbprint, subscriptionId, proxyId });
  const members = await kind.members(server, space, values);
  if (plan.isActive && settings.pollingConnectionCount === undefined) {
    const count = kind.connections();
    io.line(`Setting the polling connection count to ${count}`);
    settings.set('Tentacle.Communication.PollingConnectionCount', String(count));
    settings.save();
  }
  const links = existing
    ? await server.rest.put<Linked>(
        server.link(existing.Links, 'Self'),
        changed(existing, plan, endpoint, members, policyId),
      )
    : await server.rest.post<Linked>(
        server.link(space.links, kind.link),
        fresh(plan, space, endpoint, members, policyId),
      );
  await server.rest.get(server.link(links.Links, 'Self'));

  settings.setTrustedServers(
    withServer(settings.trustedServers, {
      thumbprint,
      style: plan.isActive ? 'TentacleActive' : 'TentaclePassive',
      ...(address !== undefined && { address }),
      ...(subscriptionId !== undefined && { subscriptionId }),
    }),
  );
  settings.save();
  io.line('Machine registered successfully');
  io.line(RESTART);
}

export function openServer(values: Values, io: Io): Promise<Server> {
  return Server.open(values, io);
}

/** Everything that can be wrong with the options is found before anything is sent. */
function readPlan(kind: Kind, values: Values): Plan {
  const { url } = readAccess(values);
  kind.check(values);
  const isActive = styleOf(values.text('comms-style') ?? 'TentaclePassive') === 'TentacleActive';
  const [socket, given] = [values.text('server-web-socket'), values.text('server-comms-address')];
  if (socket && given)
    throw new KnownFailure('Please specify a --server-web-socket, or a --server-comms-address - not both.');
  const name = values.text('name') ?? hostname();
  if (!isActive) return { isActive, address: undefined, name };
  return { isActive, name, address: commsAddress(values, url) };
}

/** Only the host of what is given counts; the port is the option's, the address's own, or 10943 (R40). */
export function commsAddress(values: Values, server: URL): URL {
  const socket = values.text('server-web-socket');
  if (socket) return new URL(webSocketAddress(socket));
  const given = values.text('server-comms-address');
  const url = given === undefined ? server : new URL(given);
  if (url.hostname === '') throw new Error(`'${given}' is no address with a scheme, as in https://octopus:10943`);
  const port = values.number('server-comms-port') ?? (given === undefined ? 10_943 : Number(url.port) || 10_943);
  return new URL(`https://${url.hostname}:${port}`);
}

/** One that is known for this address stays; else the one that is named; else a new one (R40). */
function subscriptionFor(settings: Settings, values: Values, address: string | undefined): string {
  const known = settings.trustedServers.find(
    (it) => it.style === 'TentacleActive' && it.address === address,
  )?.subscriptionId;
  if (known) return known;
  const given = values.text('server-subscription-id');
  if (given === undefined) return newSubscriptionId(randomInt);
  const url = new URL(given);
  if (url.protocol !== 'poll:') throw new KnownFailure(`The subscription id begins with poll://, not '${given}'`);
  return `poll://${url.host.toLowerCase()}/`;
}

interface EndpointParts {
  readonly values: Values;
  readonly settings: Settings;
  readonly thumbprint: string;
  readonly subscriptionId: string | undefined;
  readonly proxyId: string | undefined;
}

/** Members in the order of 9.3.5. */
function endpointOf({ values, settings, thumbprint, subscriptionId, proxyId }: EndpointParts): object {
  const rest = {
    TentacleVersionDetails: null,
    CertificateSignatureAlgorithm: null,
    Id: null,
    LastModifiedOn: null,
    LastModifiedBy: null,
    Links: {},
  };
  if (subscriptionId !== undefined)
    return { CommunicationStyle: 'TentacleActive', Thumbprint: thumbprint, Uri: subscriptionId, ...rest };
  const host = (values.text('publicHostName') ?? hostname()).toLowerCase();
  const port = values.number('tentacle-comms-port') ?? settings.port;
  const Uri = `https://${host.includes(':') ? `[${host}]` : host}:${port}/`;
  return { CommunicationStyle: 'TentaclePassive', ProxyId: proxyId ?? null, Thumbprint: thumbprint, Uri, ...rest };
}

function fresh(
  plan: Plan,
  space: SpaceOnServer,
  endpoint: object,
  members: object,
  policyId: string | undefined,
): object {
  return {
    ...members,
    Name: plan.name,
    SpaceId: space.id,
    Thumbprint: null,
    Uri: null,
    IsDisabled: false,
    MachinePolicyId: policyId ?? null,
    Status: 'Online',
    HealthStatus: 'Healthy',
    HasLatestCalamari: false,
    StatusSummary: null,
    IsInProcess: false,
    Endpoint: endpoint,
    OperatingSystem: null,
    OperatingSystemVersion: null,
    ShellName: null,
    ShellVersion: null,
    Architecture: null,
    Slug: null,
    SkipInitialHealthCheck: false,
    Links: {},
  };
}

/** Everything that is not ours goes back as it came. */
function changed(
  existing: Linked,
  plan: Plan,
  endpoint: object,
  members: object,
  policyId: string | undefined,
): object {
  return {
    ...existing,
    ...members,
    Name: plan.name,
    Endpoint: endpoint,
    ...(policyId && { MachinePolicyId: policyId }),
  };
}

async function findByName(server: Server, path: string, name: string): Promise<Linked | undefined> {
  for await (const it of server.all<Linked>(path)) if (isSame(it.Name.trim(), name.trim())) return it;
  return undefined;
}

async function idOf(server: Server, path: string, name: string, what: string): Promise<string> {
  const found = await findByName(server, path, name);
  if (found) return found.Id;
  throw new Error(`There is no ${what} called '${name}' on the server`); // exit code 100, as scripts know it (R38)
}

/** Ids of what was named by name, slug or id, in any case; once each. All unknown ones are named at once (R38). */
export async function resolveAll(
  server: Server,
  template: () => string,
  byIds: (ids: string) => string,
  given: readonly string[],
  what: readonly [string, string],
): Promise<readonly string[]> {
  const found = new Map<string, string>();
  const take = async (path: string, key: (it: Linked) => string) => {
    const left = given.filter((it) => !found.has(it));
    for await (const it of server.all<Linked>(path))
      for (const name of left) if (!found.has(name) && isSame(key(it).trim(), name.trim())) found.set(name, it.Id);
  };
  await take(template(), (it) => it.Name);
  await take(template(), (it) => it.Slug ?? '');
  const left = given.filter((it) => !found.has(it));
  if (left.length > 0) await take(byIds(left.join(',')), (it) => it.Id);
  const unknown = given.filter((it) => !found.has(it));
  if (unknown.length > 0) {
    const [one, many] = what;
    const noun = unknown.length === 1 ? one : many;
    throw new KnownFailure(
      `Could not find the ${noun} with name, slug or Id ${unknown.join(', ')} on the Octopus Server. Ensure the ${noun} exist${unknown.length === 1 ? 's' : ''} and you have permission to access ${unknown.length === 1 ? 'it' : 'them'}.`,
    );
  }
  return [...new Set(given.map((it) => found.get(it) ?? ''))];
}
