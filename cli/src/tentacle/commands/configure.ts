import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { type Command, flag, INSTANCE, type Io, list, value } from '../command.ts';
import { KnownFailure } from '../errors.ts';
import { makeFolders } from '../files.ts';
import { isSame, parseFlag, parseWhole } from '../parse.ts';
import { type Settings, withServer } from '../settings.ts';
import { opened, RESTART } from './shared.ts';

export const configure: Command = {
  name: 'configure',
  about: 'Changes settings, and which servers are trusted.',
  options: [
    ...INSTANCE,
    value('home|homedir', 'folder of the instance'),
    value('app|appdir', 'folder of applications'),
    value('port', 'where it listens'),
    value('noListen', 'True: it does not listen, it only calls'),
    value('listenIpAddress', 'address it listens on, or any'),
    value('pollingConnectionCount', 'connections to each polled server'),
    list('trust', 'thumbprint of a server that may call; may be repeated'),
    list('remove-trust', 'thumbprint of one that no longer may; may be repeated'),
    flag('reset-trust', 'trust nobody'),
  ],
  async run(values, io) {
    const settings = opened(values, io);
    if (!CHANGES.some((name) => values.has(name)))
      return io.line('Nothing to change was named: see tentacle help configure');
    if (values.has('reset-trust')) {
      settings.setTrustedServers([]);
      io.line('Removing all trusted Octopus Servers...');
    }
    for (const thumbprint of values.all('remove-trust').map((it) => it.trim())) {
      settings.setTrustedServers(settings.trustedServers.filter((it) => !isSame(it.thumbprint, thumbprint)));
      io.line(`Removing trusted Octopus Server: ${thumbprint}`);
    }
    for (const thumbprint of values.all('trust').map((it) => it.trim())) {
      settings.setTrustedServers(withServer(settings.trustedServers, { thumbprint, style: 'TentaclePassive' }));
      io.line(`Adding trusted Octopus Server: ${thumbprint}`);
    }
    for (const [name, text] of values.entries()) {
      const said = change(settings, name, FOLDERS.includes(name) ? folder(text, io) : text);
      if (said !== undefined) io.line(said);
    }
    settings.save();
    io.line(RESTART);
  },
};

const FOLDERS = ['home', 'app'];
const CHANGES = [...FOLDERS, 'port', 'noListen', 'listenIpAddress', 'pollingConnectionCount', 'trust', 'remove-trust', 'reset-trust']; // prettier-ignore

/** Seen from where the command runs, and made: the agent runs somewhere else. Who may not make it here may name it. */
function folder(text: string, io: Io): string {
  const path = resolve(io.cwd, text);
  try {
    makeFolders(path);
  } catch (error) {
    io.line(
      `The folder ${path} could not be made (${(error as NodeJS.ErrnoException).code}): make it, or name another`,
    );
  }
  return path;
}

/** Each in the order in which it was given (halibut.md 9.2). */
function change(settings: Settings, name: string, text: string): string | undefined {
  switch (name) {
    case 'home':
      settings.set('Octopus.Home', text);
      return `Home directory set to: ${text}`;
    case 'app':
      settings.set('Tentacle.Deployment.ApplicationDirectory', text);
      return `Application directory set to: ${text}`;
    case 'port':
      settings.set('Tentacle.Services.PortNumber', String(parseWhole(text, name)));
      return `Services listen port: ${text}`;
    case 'noListen':
      settings.set('Tentacle.Services.NoListen', String(parseFlag(text, name)));
      return parseFlag(text, name) ? 'Tentacle will not listen on a port' : 'Tentacle will listen on a TCP port';
    case 'listenIpAddress':
      if (!isSame(text, 'any') && isIP(text) === 0) throw new Error(`'${text}' is no IP address`);
      settings.set('Tentacle.Services.ListenIP', isSame(text, 'any') ? '' : text);
      return isSame(text, 'any') ? 'Listen on any IP address' : `Listen on IP address: ${text}`;
    case 'pollingConnectionCount':
      return countSet(settings, text);
    default:
      return undefined;
  }
}

export const setPollingConnectionCount: Command = {
  name: 'set-polling-connection-count',
  about: 'Sets how many connections are kept to each polled server.',
  options: [...INSTANCE, value('pollingConnectionCount', 'at least 1; more than 512 are cut when it starts')],
  async run(values, io) {
    const text = values.text('pollingConnectionCount');
    if (text === undefined) throw new KnownFailure('Name the number: --pollingConnectionCount=5');
    const settings = opened(values, io);
    io.line(countSet(settings, text));
    settings.save();
    io.line(RESTART);
  },
};

function countSet(settings: Settings, text: string): string {
  if (parseWhole(text, 'pollingConnectionCount') < 1)
    throw new KnownFailure('The polling connection count must be at least 1.');
  settings.set('Tentacle.Communication.PollingConnectionCount', text.trim());
  return `Polling connection count set to: ${text.trim()}`;
}
