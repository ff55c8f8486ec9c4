import { resolve } from 'node:path';
import { type Command, INSTANCE, value } from '../command.ts';
import { writeWhole } from '../files.ts';
import { API } from '../rest-commands.ts';
import { type Settings, STYLES, type TrustedServer } from '../settings.ts';
import { opened } from './shared.ts';

export const showConfiguration: Command = {
  name: 'show-configuration',
  about: 'Shows the configuration as JSON; with --server also what that server knows of this machine.',
  options: [...INSTANCE, value('file', 'write it there'), value('space', 'space on the server'), ...API],
  async run(values, io) {
    const settings = opened(values, io);
    const shown = configurationOf(settings);
    if (values.text('server')) {
      const { serverView } = await import('../rest-commands.ts');
      const { Communication, ...rest } = await serverView(settings, values, io);
      Object.assign(shown.Tentacle.Communication, Communication);
      Object.assign(shown.Tentacle, rest);
    }
    const text = JSON.stringify(sorted(shown), undefined, 2);
    const file = values.text('file');
    if (file) writeWhole(resolve(io.cwd, file), text, 0o600);
    else io.write(text);
  },
};

/** Dots in keys become nesting, and what nobody set has its default (halibut.md 9.2). */
function configurationOf(settings: Settings) {
  return {
    Octopus: { Home: settings.home, Watchdog: { Enabled: false, Instances: '*', Interval: 0 } },
    Tentacle: {
      CertificateThumbprint: settings.thumbprint ?? null,
      Communication: {
        PollingConnectionCount: settings.pollingConnectionCount ?? null,
        TrustedOctopusServers: settings.trustedServers.map(shownServer),
      },
      Deployment: { ApplicationDirectory: settings.applicationDirectory },
      Services: { ListenIP: settings.listenIp ?? null, NoListen: settings.noListen, PortNumber: settings.port },
    },
  };
}

function shownServer({ thumbprint, style, address, subscriptionId }: TrustedServer): object {
  return {
    Thumbprint: thumbprint,
    CommunicationStyle: STYLES.indexOf(style),
    Address: address ?? null,
    Squid: null,
    SubscriptionId: subscriptionId ?? null,
  };
}

/** Keys in the order of the alphabet, as the real program prints them; what stands in lists is whole values. */
function sorted(value: object): object {
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([key, it]: [string, unknown]) => {
      const isLevel = typeof it === 'object' && it !== null && !Array.isArray(it) && !('Id' in it);
      return [key, isLevel ? sorted(it) : it];
    }),
  );
}
