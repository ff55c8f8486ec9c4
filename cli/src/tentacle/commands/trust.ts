import { randomInt } from 'node:crypto';
import { type Command, INSTANCE, value } from '../command.ts';
import { KnownFailure } from '../errors.ts';
import { webSocketAddress } from '../rest/handshake.ts';
import { isSame, type Values } from '../parse.ts';
import { newSubscriptionId, type Style, STYLES, type TrustedServer } from '../settings.ts';
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
    // Registered by http://, they are polled by https://.
    const normal = (text: string) => noSlash(text.replace(/^http:/i, 'https:'));
    const isKept = ({ address }: TrustedServer) =>
      address !== undefined && keep.some((it) => isSame(normal(it), normal(address)));
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
    const servers = settings.trustedServers;
    const thumbprint = chosen(servers, values.text('thumbprint'));
    const style = styleOf(values.text('style'));
    const entry = style === 'TentacleActive' ? active(servers, thumbprint, values) : { thumbprint, style };
    settings.setTrustedServers(withEntry(servers, entry));
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

/** The one thumbprint that is meant. One server may have several entries: it calls, and is polled at several nodes. */
function chosen(servers: readonly TrustedServer[], wanted: string | undefined): string {
  if (servers.length === 0)
    throw new KnownFailure('No server is trusted yet. Trust one first: tentacle configure --trust=THUMBPRINT');
  const known = servers
    .map((it) => it.thumbprint)
    .filter((it, at, all) => all.findIndex((one) => isSame(one, it)) === at);
  const [found, more] = wanted === undefined ? known : known.filter((it) => isSame(it, wanted));
  if (found !== undefined && more === undefined) return found;
  const why = wanted === undefined ? 'More than one server is trusted.' : `The thumbprint ${wanted} is not trusted.`;
  throw new KnownFailure(`${why} Name one of: ${known.map((it) => `--thumbprint=${it}`).join(', ')}`);
}

/** All nodes of a server are polled under one subscription id (halibut.md 8.5). */
function active(servers: readonly TrustedServer[], thumbprint: string, values: Values): TrustedServer {
  const address = addressOf(values.text('web-socket'), values.text('host'), values.number('port') ?? 10_943);
  const ids = servers.filter((it) => it.style === 'TentacleActive' && isSame(it.thumbprint, thumbprint));
  const same = ids.find((it) => it.address === address) ?? ids[0];
  const subscriptionId = same?.subscriptionId ?? newSubscriptionId(randomInt);
  return { thumbprint, style: 'TentacleActive', address, subscriptionId };
}

/** In the place of that of the same address, or of one of no style; else behind the others (halibut.md 7.9, 9.2). */
function withEntry(servers: readonly TrustedServer[], entry: TrustedServer): readonly TrustedServer[] {
  const own = servers.filter((it) => isSame(it.thumbprint, entry.thumbprint));
  const old = own.find((it) => it.address === entry.address) ?? own.find((it) => it.style === 'None');
  return old ? servers.map((it) => (it === old ? entry : it)) : [...servers, entry];
}

function addressOf(webSocket: string | undefined, host: string | undefined, port: number): string {
  if (webSocket && host) throw new KnownFailure('Name the server by --host or by --web-socket, not by both');
  if (webSocket) return webSocketAddress(webSocket);
  if (!host) throw new KnownFailure('Name the server: --host=NAME, or --web-socket=wss://…');
  const address = `https://${host}:${port}`;
  if (URL.canParse(address)) return address;
  throw new Error(`${address} is no address of a server; --host wants a bare name`);
}
