import { randomInt } from 'node:crypto';
import { type Command, INSTANCE, value } from '../command.ts';
import { KnownFailure } from '../errors.ts';
import { webSocketAddress } from '../rest/handshake.ts';
import { isSame } from '../parse.ts';
import { newSubscriptionId, type Style, STYLES, type TrustedServer, withServer } from '../settings.ts';
import { opened, RESTART } from './shared.ts';

export const updateTrust: Command = {
  name: 'update-trust',
  about: 'Replaces the thumbprint of a trusted server, when it got a new certificate.',
  options: [
    ...INSTANCE,
    value('oldThumbprint', 'what is trusted now'),
    value('newThumbprint', 'what is trusted from now on'),
  ],
  async run(values, io) {
    const [before, after] = [values.text('oldThumbprint'), values.text('newThumbprint')];
    if (!before || !after) throw new KnownFailure('Name both: --oldThumbprint=… --newThumbprint=…');
    const settings = opened(values, io);
    const change = (it: TrustedServer) => (isSame(it.thumbprint, before) ? { ...it, thumbprint: after } : it);
    settings.setTrustedServers(settings.trustedServers.map(change));
    settings.save();
    io.line(`Updated trust from ${before} to ${after}`);
    io.line(RESTART);
  },
};

export const clearTrustedServers: Command = {
  name: 'clear-trusted-servers',
  about: 'Forgets polled servers, all but some.',
  options: [...INSTANCE, value('keep', 'addresses to keep, with commas between')],
  async run(values, io) {
    const settings = opened(values, io);
    const keep = (values.get('keep') ?? '').split(',').map((it) => it.trim()).filter(Boolean); // prettier-ignore
    const isKept = ({ address }: TrustedServer) =>
      address !== undefined && keep.some((it) => isSame(noSlash(it), noSlash(address)));
    settings.setTrustedServers(settings.trustedServers.filter(isKept));
    settings.save();
    io.line(`Trusted servers left: ${settings.trustedServers.length}`);
  },
};
const noSlash = (text: string) => text.replace(/\/+$/, '');

export const serverComms: Command = {
  name: 'server-comms',
  about: 'Says how a trusted server and this machine reach each other.',
  options: [
    ...INSTANCE,
    value('thumbprint', 'which trusted server; may be left out where there is one'),
    value('style', 'TentacleActive: this machine calls; TentaclePassive: it is called'),
    value('host', 'name or address of the server'),
    value('port', 'its port for agents; 10943 by default'),
    value('web-socket', 'wss:// address, where only 443 is open'),
  ],
  async run(values, io) {
    const settings = opened(values, io);
    const style = styleOf(values.text('style'));
    const server = chosen(settings.trustedServers, values.text('thumbprint'));
    const others = settings.trustedServers.filter((it) => it !== server);
    if (style === 'TentaclePassive') {
      settings.setTrustedServers(withServer(others, { thumbprint: server.thumbprint, style }));
    } else {
      const address = addressOf(values.text('web-socket'), values.text('host'), values.number('port') ?? 10_943);
      const subscriptionId = server.subscriptionId ?? newSubscriptionId(randomInt);
      settings.setTrustedServers(withServer(others, { thumbprint: server.thumbprint, style, address, subscriptionId }));
    }
    settings.save();
    io.line('Updated server communications configuration');
    io.line(RESTART);
  },
};

export function styleOf(text: string | undefined): Exclude<Style, 'None'> {
  const found = STYLES.find((it) => it !== 'None' && isSame(it, text ?? ''));
  if (found && found !== 'None') return found;
  throw new KnownFailure('Please specify a valid communications style, e.g. --style=TentaclePassive');
}

function chosen(servers: readonly TrustedServer[], thumbprint: string | undefined): TrustedServer {
  if (servers.length === 0)
    throw new KnownFailure('No server is trusted yet. Trust one first: tentacle configure --trust=THUMBPRINT');
  const found = thumbprint
    ? servers.find((it) => isSame(it.thumbprint, thumbprint))
    : servers.length === 1
      ? servers[0]
      : undefined;
  if (found) return found;
  const why = thumbprint ? `The thumbprint ${thumbprint} is not trusted.` : 'More than one server is trusted.';
  throw new KnownFailure(`${why} Name one of: ${servers.map((it) => it.thumbprint).join(', ')}`);
}

function addressOf(webSocket: string | undefined, host: string | undefined, port: number): string {
  if (webSocket) return webSocketAddress(webSocket);
  if (!host) throw new KnownFailure('Name the server: --host=NAME');
  return `https://${host}:${port}`;
}
