import { type ApiOptions } from './access.ts';
import { type RestDeps } from './deps.ts';
import { deregister, REGISTERED_TARGET, REGISTERED_WORKER } from './deregister.ts';
import { target, worker } from './machine-kinds.ts';
import { pollServer } from './poll-server.ts';
import { register, type RegisterOptions } from './register.ts';
import { type OptionSpec, type Values } from './values.ts';

/** A command that talks to a server. Its parser knows `--instance` and `--config` besides. */
export interface RestCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionSpec[];
  readonly run: (values: Values, deps: RestDeps, signal: AbortSignal) => Promise<void>;
}

const text = (names: OptionSpec['names'], description: string): OptionSpec => ({ names, kind: 'text', description });
const list = (names: OptionSpec['names'], description: string): OptionSpec => ({ names, kind: 'list', description });
const flag = (names: OptionSpec['names'], description: string): OptionSpec => ({ names, kind: 'flag', description });
const port = (name: string, description: string): OptionSpec => ({ names: [name], kind: 'number', description });
const secret = (names: OptionSpec['names'], description: string): OptionSpec => ({
  ...text(names, description),
  isSecret: true,
});

export const API_OPTIONS: readonly OptionSpec[] = [
  text(['server'], 'the server, e.g. https://octo.example.com'),
  secret(['apiKey'], 'an API key of the server; - reads it from stdin'),
  secret(['bearerToken'], 'a bearer token; - reads it from stdin'),
  secret(['username', 'u', 'user'], 'user name, where neither of them is used'),
  secret(['password', 'p'], 'password of that user; - reads it from stdin'),
  flag(['ignoreSslErrors'], 'go on if the certificate of the server is not trusted'),
];
const SPACE = text(['space'], 'the space to work in, by name; the default space if not given');
const COMMS: readonly OptionSpec[] = [
  text(['server-comms-address'], 'the communications address of the server, if it is not the host of --server'),
  port('server-comms-port', 'the communications port of the server; 10943 by default'),
  text(['server-web-socket'], 'a wss:// address in place of the port, where only 443 is open'),
];
const REGISTER: readonly OptionSpec[] = [
  ...API_OPTIONS,
  text(['name'], 'name of the machine when registered; the host name by default'),
  text(['policy'], 'the machine policy, by name'),
  text(
    ['publicHostName', 'h'],
    'a host name or IP address by which the server reaches this machine; the host name by default',
  ),
  flag(['force', 'f'], 'update a machine of the same name'),
  text(['comms-style'], 'TentaclePassive (listening, the default) or TentacleActive (polling)'),
  text(['proxy'], 'the proxy, by name, that leads the server to this machine; listening only'),
  SPACE,
  ...COMMS,
  text(['server-subscription-id'], 'the subscription id to poll with, e.g. poll://name/; made up by default'),
  port('tentacle-comms-port', 'the port by which the server reaches this machine, if it is not the one listened on'),
];
const DEREGISTER: readonly OptionSpec[] = [
  ...API_OPTIONS,
  flag(['multiple', 'm'], 'deregister all that use the thumbprint of this machine'),
  SPACE,
];

const registerWorker: RestCommand = {
  name: 'register-worker',
  description: 'Registers this machine as a worker of a server.',
  options: [list(['workerpool'], 'a worker pool, by name, slug or Id; may be repeated'), ...REGISTER],
  run: (values, deps, signal) => register(worker(values.list('workerpool')), registerOptions(values), deps, signal),
};

const registerWith: RestCommand = {
  name: 'register-with',
  description: 'Registers this machine as a deployment target of a server.',
  options: [
    list(['environment', 'env'], 'an environment, by name, slug or Id; may be repeated'),
    list(['role', 'r'], 'a role of the machine; may be repeated'),
    list(['tenant'], 'a tenant to work for, by name, slug or Id; may be repeated'),
    list(['tenanttag'], 'a tag, as Set/Tag, of tenants to work for; may be repeated'),
    text(['tenanted-deployment-participation'], 'Untenanted, Tenanted or TenantedOrUntenanted'),
    ...REGISTER,
  ],
  run(values, deps, signal) {
    const kind = target({
      environments: values.list('environment'),
      roles: values.list('role'),
      tenants: values.list('tenant'),
      tenantTags: values.list('tenanttag'),
      ...values.text('tenantedDeploymentParticipation', 'tenanted-deployment-participation'),
    });
    return register(kind, registerOptions(values), deps, signal);
  },
};

const deregisterWorker: RestCommand = {
  name: 'deregister-worker',
  description: 'Takes this worker off the list of a server.',
  options: DEREGISTER,
  run: (values, deps, signal) => deregister(REGISTERED_WORKER, deregisterOptions(values), deps, signal),
};

const deregisterFrom: RestCommand = {
  name: 'deregister-from',
  description: 'Takes this deployment target off the list of a server.',
  options: DEREGISTER,
  run: (values, deps, signal) => deregister(REGISTERED_TARGET, deregisterOptions(values), deps, signal),
};

const pollServerCommand: RestCommand = {
  name: 'poll-server',
  description: 'Polls one more node of a server that is polled already.',
  options: [
    ...COMMS,
    flag(['reuse-server-thumbprint'], 'do not ask the server: trust the thumbprint of the node polled first'),
    ...API_OPTIONS,
  ],
  run(values, deps, signal) {
    const options = {
      ...apiOptions(values),
      ...commsOptions(values),
      reuseServerThumbprint: values.flag('reuse-server-thumbprint'),
    };
    return pollServer(options, deps, signal);
  },
};

/** All commands of `tentacle` that need the REST API of a server. */
export const restCommands: readonly RestCommand[] = [
  registerWorker,
  registerWith,
  deregisterWorker,
  deregisterFrom,
  pollServerCommand,
];

export function apiOptions(values: Values): ApiOptions {
  return {
    ...values.text('server', 'server'),
    ...values.text('apiKey', 'apiKey'),
    ...values.text('bearerToken', 'bearerToken'),
    ...values.text('username', 'username'),
    ...values.text('password', 'password'),
    ignoreSslErrors: values.flag('ignoreSslErrors'),
  };
}

function registerOptions(values: Values): RegisterOptions {
  return {
    ...apiOptions(values),
    ...values.text('name', 'name'),
    ...values.text('policy', 'policy'),
    ...values.text('publicHostName', 'publicHostName'),
    force: values.flag('force'),
    ...values.text('commsStyle', 'comms-style'),
    ...values.text('proxy', 'proxy'),
    ...values.text('space', 'space'),
    ...commsOptions(values),
    ...values.text('serverSubscriptionId', 'server-subscription-id'),
    ...values.number('tentacleCommsPort', 'tentacle-comms-port'),
  };
}

function commsOptions(
  values: Values,
): Pick<RegisterOptions, 'serverCommsAddress' | 'serverCommsPort' | 'serverWebSocket'> {
  return {
    ...values.text('serverCommsAddress', 'server-comms-address'),
    ...values.number('serverCommsPort', 'server-comms-port'),
    ...values.text('serverWebSocket', 'server-web-socket'),
  };
}

function deregisterOptions(values: Values): ApiOptions & { multiple: boolean; space?: string } {
  return { ...apiOptions(values), multiple: values.flag('multiple'), ...values.text('space', 'space') };
}
