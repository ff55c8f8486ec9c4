import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cpus, hostname } from 'node:os';
import { type Command, INSTANCE, type Io, type Option } from './command.ts';
import { opened } from './commands/shared.ts';
import { type Values } from './parse.ts';
import { API_OPTIONS, apiOptions, restCommands } from './rest/commands.ts';
import { type RestDeps, type TrustedServer } from './rest/deps.ts';
import { type ProxySetting } from './rest/proxies.ts';
import { type ServerConfiguration, showServerConfiguration } from './rest/show-server-configuration.ts';
import { type OptionSpec, Values as RestValues } from './rest/values.ts';
import { newSubscriptionId, type ProxySettings, type Settings } from './settings.ts';
import { realClock } from './clock.ts';
import { VERSION } from './version.ts';

/** A command of rest/ among the others: its options parsed by our parser, its settings kept in our file. */
export function restCommand(name: string): Command {
  const command = restCommands.find((it) => it.name === name);
  if (!command) throw new Error(`there is no command ${name}`);
  return {
    name,
    about: command.description,
    options: [...INSTANCE, ...command.options.map(asOption)],
    async run(values, io) {
      const given = restValues(values, command.options);
      await command.run(given, await depsOf(opened(values, io), io), io.signal);
    },
  };
}

export const API: readonly Option[] = API_OPTIONS.map(asOption);

export async function serverView(settings: Settings, values: Values, io: Io): Promise<ServerConfiguration> {
  const space = values.text('space');
  const options = { ...apiOptions(restValues(values, API_OPTIONS)), ...(space !== undefined && { space }) };
  return showServerConfiguration(options, await depsOf(settings, { ...io, line: () => {} }), io.signal);
}

function asOption({ names, kind, description }: OptionSpec): Option {
  return { names, kind: kind === 'flag' ? 'switch' : kind === 'list' ? 'list' : 'value', about: description };
}

function restValues(values: Values, options: readonly OptionSpec[]): RestValues {
  const given = options.filter(({ names: [name] }) => values.has(name));
  return new RestValues(
    new Map(
      given.map(({ names: [name], isSecret }) => {
        const texts = values.all(name);
        return [name, isSecret && name !== 'username' ? withoutDash(texts) : texts];
      }),
    ),
  );
}

/** A secret that is `-` stands in the first line of stdin: neither a list of processes nor an environment shows it (R253). */
function withoutDash(texts: readonly string[]): readonly string[] {
  return texts.map((text) => (text === '-' ? (readFileSync(0, 'utf8').split(/\r?\n/)[0] ?? '') : text));
}

async function depsOf(settings: Settings, io: Io): Promise<RestDeps> {
  const identity = await settings.certificate();
  const { name } = settings.instance;
  return {
    settings: {
      instance: name === '' ? undefined : name,
      thumbprint: identity?.thumbprint,
      listenPort: settings.port,
      pollingConnectionCount: settings.pollingConnectionCount,
      trusted: settings.trustedServers.flatMap(({ style, ...it }): readonly TrustedServer[] =>
        style === 'None'
          ? []
          : [{ ...it, style, address: it.address ?? null, subscriptionId: it.subscriptionId ?? null }],
      ),
      apiProxy: proxySetting(settings.proxy('web')),
      pollingProxy: proxySetting(settings.proxy('polling')),
      async setPollingConnectionCount(count) {
        settings.set('Tentacle.Communication.PollingConnectionCount', String(count));
        settings.save();
      },
      async setTrusted(servers) {
        settings.setTrustedServers(servers.map(asTrusted));
        settings.save();
      },
    },
    clock: realClock,
    host: { name: hostname(), cpus: cpus().length, env: io.env },
    userAgent: `octo-tentacle/${VERSION}`,
    say: (line) => io.line(line),
    newSubscriptionId: () => newSubscriptionId(randomInt),
  };
}

function asTrusted({ thumbprint, style, address, subscriptionId }: TrustedServer): Settings['trustedServers'][number] {
  return {
    thumbprint,
    style,
    ...(address !== null && { address }),
    ...(subscriptionId !== null && { subscriptionId }),
  };
}

function proxySetting({ useDefault, host, port, username, password }: ProxySettings): ProxySetting {
  return { useDefault, ...(host !== '' && { host, port }), ...(username !== '' && { username, password }) };
}
