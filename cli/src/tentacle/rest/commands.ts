import { type Command, flag, INSTANCE, list, type Option, value } from '../command.ts';
import { opened, RESTART } from '../commands/shared.ts';
import { KnownFailure } from '../errors.ts';
import { isSame } from '../parse.ts';
import { pollingProxy, registeredConnections } from '../run-agent.ts';
import { withServer } from '../settings.ts';
import { checkPort } from './handshake.ts';
import { API } from './options.ts';
import { commsAddress, type Kind, openServer, register, resolveAll } from './register.ts';
import { readAccess, type Linked } from './server.ts';

/** What both kinds of registration take (halibut.md 9.3). */
const REGISTER: readonly Option[] = [
  ...INSTANCE,
  ...API,
  value('name', 'name on the server; the one of this machine by default'),
  value('policy', 'machine policy, by name'),
  value('publicHostName|h', 'name or address by which the server calls this machine'),
  flag('force|f', 'overwrite what is registered under that name'),
  value('comms-style', 'TentaclePassive: the server calls; TentacleActive: this machine calls'),
  value('proxy', 'proxy on the server that leads here, by name'),
  value('space', 'space, by name; the default one if none is named'),
  value('server-comms-port', 'port for agents; 10943 by default'),
  value('server-comms-address', 'address for agents, with https://, if it is not the one of --server'),
  value('server-web-socket', 'wss:// address, where only 443 is open'),
  value('server-subscription-id', 'poll://…/; a new one by default'),
  value('tentacle-comms-port', 'port by which the server calls this machine, if it is not the configured one'),
];

const worker: Kind = {
  noun: 'worker',
  link: 'Workers',
  check(values) {
    if (values.all('workerpool').every((it) => it.trim() === ''))
      throw new KnownFailure('Please specify a worker pool name, slug or Id, e.g., --workerpool=Default');
  },
  async members(server, space, values) {
    const path = (ids?: string) => server.link(space.links, 'WorkerPools', ids === undefined ? {} : { ids });
    const given = values.all('workerpool').map((it) => it.trim()).filter(Boolean); // prettier-ignore
    return { WorkerPoolIds: await resolveAll(server, path, path, given, ['worker pool', 'worker pools']) };
  },
  connections: registeredConnections,
};

const machine: Kind = {
  noun: 'machine',
  link: 'Machines',
  check(values) {
    if (values.all('environment').length === 0)
      throw new KnownFailure('Please specify an environment name, slug or Id, e.g., --environment=Development');
    if (values.all('role').length === 0) throw new KnownFailure('Please specify a role name, e.g., --role=web-server');
  },
  async members(server, space, values) {
    const path = (ids?: string) => server.link(space.links, 'Environments', ids === undefined ? {} : { ids });
    const tenants = (ids?: string) => server.link(space.links, 'Tenants', ids === undefined ? {} : { ids });
    const named = values.all('tenant');
    return {
      EnvironmentIds: await resolveAll(server, path, path, values.all('environment'), ['environment', 'environments']),
      Roles: values.all('role'),
      TenantedDeploymentParticipation: values.text('tenanted-deployment-participation') ?? 'Untenanted',
      TenantIds: named.length === 0 ? [] : await resolveAll(server, tenants, tenants, named, ['tenant', 'tenants']),
      TenantTags: values.all('tenanttag'),
    };
  },
  connections: () => 1,
};

export const registerWorker: Command = {
  name: 'register-worker',
  about: 'Registers this machine as a worker.',
  options: [...REGISTER, list('workerpool', 'pool, by name, slug or id; may be repeated')],
  run: async (values, io) => register(worker, opened(values, io), values, io),
};

export const registerWith: Command = {
  name: 'register-with',
  about: 'Registers this machine as a deployment target.',
  options: [
    ...REGISTER,
    list('environment|env', 'environment, by name, slug or id; may be repeated'),
    list('role|r', 'role; may be repeated'),
    list('tenant', 'tenant; may be repeated'),
    list('tenanttag', 'tag of tenants; may be repeated'),
    value('tenanted-deployment-participation', 'Untenanted, TenantedOrUntenanted or Tenanted'),
  ],
  run: async (values, io) => register(machine, opened(values, io), values, io),
};

function deregistration(name: string, link: 'Workers' | 'Machines', noun: 'worker' | 'machine'): Command {
  const upper = noun === 'worker' ? 'Worker' : 'Machine';
  return {
    name,
    about: `Takes this machine off the server's list of ${noun}s.`,
    options: [
      ...INSTANCE,
      ...API,
      flag('multiple|m', 'all of them, if there are several'),
      value('space', 'space, by name'),
    ],
    async run(values, io) {
      const settings = opened(values, io);
      readAccess(values);
      const server = await openServer(values, io);
      const space = await server.space(values.text('space'));
      const { thumbprint } = settings;
      if (!thumbprint)
        throw new KnownFailure(
          'No certificate has been generated for this Tentacle. Please run the new-certificate command first.',
        );
      const path = server.link(space.links, link, { id: 'all', thumbprint });
      if (!path.includes('thumbprint='))
        throw new Error(`the server cannot be asked by thumbprint, so it is not known which ${noun} this is`);
      const mine = await server.rest.get<readonly Linked[]>(path);
      if (mine.length === 0) throw new KnownFailure(`No ${noun} was found matching this Tentacle's thumbprint.`);
      if (mine.length > 1 && !values.has('multiple'))
        throw new KnownFailure(
          `More than one ${noun} was found matching this Tentacle's thumbprint. To remove them all: --multiple`,
        );
      for (const it of mine) {
        io.line(`Deleting ${noun} '${it.Name}' from the Octopus Server...`);
        await server.rest.delete(server.link(it.Links, 'Self'));
      }
      const trusted = await server.thumbprint();
      const which = settings.instance.name === '' ? '' : ` --instance ${settings.instance.name}`;
      io.line(
        `The Octopus Server is still trusted. If you wish to remove trust for this Octopus Server, use 'Tentacle configure --remove-trust=${trusted}${which}'`,
      );
      io.line(`${upper} deregistered successfully`);
    },
  };
}
export const deregisterWorker = deregistration('deregister-worker', 'Workers', 'worker');
export const deregisterFrom = deregistration('deregister-from', 'Machines', 'machine');

export const pollServer: Command = {
  name: 'poll-server',
  about: 'Polls one more node of a server that this machine is registered with.',
  options: [
    ...INSTANCE,
    ...API,
    value('server-comms-address', 'address of the node for agents'),
    value('server-comms-port', 'its port for agents; 10943 by default'),
    value('server-web-socket', 'wss:// address, where only 443 is open'),
    flag('reuse-server-thumbprint', 'take the first trusted server’s, and ask nobody'),
  ],
  async run(values, io) {
    const settings = opened(values, io);
    const isReuse = values.has('reuse-server-thumbprint');
    const { url } = isReuse ? { url: new URL(values.text('server-comms-address') ?? '') } : readAccess(values);
    const address = commsAddress(values, url);
    const servers = settings.trustedServers;
    if (!isReuse && address.protocol === 'https:') await checkPort(address, pollingProxy(settings), io);
    const thumbprint = isReuse ? servers[0]?.thumbprint : await asked(values, io);
    const trusted = servers.filter((it) => thumbprint !== undefined && isSame(it.thumbprint, thumbprint));
    if (thumbprint === undefined || trusted.length === 0)
      throw new KnownFailure(
        `The server with the thumbprint ${thumbprint ?? '(none)'} is not trusted. Trust it first: tentacle configure --trust=${thumbprint ?? 'THUMBPRINT'}`,
      );
    const polled = trusted.find((it) => it.style === 'TentacleActive' && it.subscriptionId !== undefined);
    if (!polled?.subscriptionId)
      throw new KnownFailure(
        `The server with the thumbprint ${thumbprint} is not polled yet. Begin with: tentacle server-comms --thumbprint=${thumbprint} --style=TentacleActive --host=HOST`,
      );
    const entry = {
      thumbprint,
      style: 'TentacleActive',
      address: address.href.replace(/\/$/, ''),
      subscriptionId: polled.subscriptionId,
    } as const;
    settings.setTrustedServers(withServer(servers, entry));
    settings.save();
    io.line('Polling endpoint configured');
    io.line(RESTART);
  },
};

async function asked(values: Parameters<Command['run']>[0], io: Parameters<Command['run']>[1]): Promise<string> {
  const server = await openServer(values, io);
  io.line(`Configuring Tentacle to poll the server at ${server.shown}`);
  return server.thumbprint();
}
