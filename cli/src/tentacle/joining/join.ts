import { type JoinToken, parseJoinToken } from '@octo/api';
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join as joinPath } from 'node:path';
import { type Command, INSTANCE, type Io, value } from '../command.ts';
import { styleOf } from '../commands/trust.ts';
import { KnownFailure } from '../errors.ts';
import { addInstance, instancesFolder, listInstances, type Instance } from '../instances.ts';
import { isSame, type Values } from '../parse.ts';
import { pollingProxy } from '../run-agent.ts';
import { newSubscriptionId, Settings, withServer } from '../settings.ts';
import { writeConfig } from '../config-xml.ts';
import { writeWhole } from '../files.ts';
import { checkHandshake } from '../rest/handshake.ts';
import { RefusedError, RestClient } from './client.ts';

/** On the server's own port, for machines that may only leave by that (transport-polling). */
const WEB_SOCKET_PATH = '/octo/polling';

export const join: Command = {
  name: 'join',
  about: 'Makes this machine a worker of an octo server, with the one line that the server has printed.',
  options: [
    ...INSTANCE,
    value('token', 'the join token; it may also stand alone, or be read from OCTO_TENTACLE_JOIN'),
    value('token-file', 'file that holds it, or - for stdin: so it is not seen in the list of processes'),
    value('name', 'name on the server; the one of this machine by default'),
    value('comms-style', 'TentacleActive: this machine calls (default); TentaclePassive: the server calls'),
    value('publicHostName|h', 'name or address by which the server calls this machine'),
  ],
  async run(values, io) {
    const token = readToken(values, io);
    const isActive = styleOf(values.text('comms-style') ?? 'TentacleActive') === 'TentacleActive';
    const settings = await prepared(values, io);
    const identity = await settings.certificate();
    if (!identity) throw new KnownFailure('The certificate of this machine cannot be read.');
    const { rest, url } = await firstThatAnswers(token, io);
    const address = isActive ? await addressFor(token, url, settings, io) : undefined;
    const wanted = isActive ? newSubscriptionId(randomInt) : undefined;
    const host = (values.text('publicHostName') ?? hostname()).toLowerCase();
    const { WorkerName, Uri } = await joined(rest, url, {
      Token: token.secret,
      Name: values.text('name') ?? hostname(),
      Thumbprint: identity.thumbprint,
      ...(isActive
        ? { CommunicationStyle: 'TentacleActive', SubscriptionId: wanted }
        : { CommunicationStyle: 'TentaclePassive', Uri: `https://${host}:${settings.port}/` }),
    });
    // A machine that has joined before with this token is the worker that it was: by that subscription it is called.
    if (Uri !== undefined && isActive !== Uri.startsWith('poll:'))
      throw new KnownFailure(
        `This machine has joined as the worker ${WorkerName} before, and ${isActive ? 'is called' : 'calls'}. To change that, remove the worker, and join with a new token.`,
      );
    const subscriptionId = isActive ? (Uri ?? wanted) : undefined;
    // The thumbprint is the token's: whoever stood between us and the server could not have changed that one.
    const style = isActive ? 'TentacleActive' : 'TentaclePassive';
    const polled = address !== undefined && subscriptionId !== undefined ? { address, subscriptionId } : {};
    settings.setTrustedServers(withServer(settings.trustedServers, { thumbprint: token.thumbprint, style, ...polled }));
    if (isActive) settings.set('Tentacle.Services.NoListen', 'true');
    settings.save();
    const named =
      settings.instance.name === ''
        ? `--config=${settings.instance.configPath}`
        : `--instance=${settings.instance.name}`;
    io.line(
      `This machine is now the worker ${WorkerName}${address === undefined ? '' : `, and will call ${address}`}.`,
    );
    io.line(`Start its agent:     tentacle agent ${named} --noninteractive`);
    if (settings.instance.name !== '') io.line(`or, with systemd:    tentacle service ${named} --install --start`);
  },
};

function readToken(values: Values, io: Io): JoinToken {
  const file = values.text('token-file');
  const text = file === undefined ? (values.text('token') ?? io.env['OCTO_TENTACLE_JOIN']) : read(file);
  if (text === undefined || text.trim() === '')
    throw new KnownFailure('Give the token: tentacle join octo-join-… (octo worker join-token create prints it)');
  try {
    return parseJoinToken(text);
  } catch (error) {
    throw new KnownFailure((error as Error).message);
  }
}
function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch {
    throw new KnownFailure(`The file ${file} cannot be read.`);
  }
}

interface Joined {
  readonly WorkerName: string;
  /** Of the worker's endpoint; an older server does not tell it. */
  readonly Uri?: string;
}

/** What the server refuses, its words say why: no stack trace helps whoever pasted the line. */
async function joined(rest: RestClient, url: URL, body: Readonly<Record<string, unknown>>): Promise<Joined> {
  try {
    return await rest.post<Joined>(`${base(url)}/api/octo/join`, body);
  } catch (error) {
    if (!RefusedError.isOne(error)) throw error;
    throw new KnownFailure(
      `${url.origin} refuses: ${error.message}. Make a new token there: octo worker join-token create`,
    );
  }
}

/** An instance with a certificate, made where there is none. */
async function prepared(values: Values, io: Io): Promise<Settings> {
  const choice = { instance: values.text('instance'), config: values.text('config') };
  const isNew =
    choice.config === undefined &&
    !listInstances(io.env).some((it) => choice.instance === undefined || isSame(it.name, choice.instance));
  if (isNew) addFresh(io, choice.instance ?? 'Tentacle');
  const settings = Settings.open(choice, io);
  if (settings.get('Tentacle.Certificate') !== undefined) return settings;
  const { newIdentity } = await import('../certificate.ts');
  await settings.setCertificate(await newIdentity(Date.now()));
  settings.save();
  return settings;
}

function addFresh(io: Io, name: string): Instance {
  const home = joinPath(instancesFolder(io.env), '..', '..', name);
  const instance = { name, configPath: joinPath(home, `tentacle-${name}.config`) };
  // One that is there holds who this machine is, even if the instance was deleted.
  if (!existsSync(instance.configPath)) writeWhole(instance.configPath, writeConfig(new Map([['Octopus.Home', home]])));
  addInstance(io.env, instance);
  io.line(`Made the instance ${name} in ${home}`);
  return instance;
}

async function firstThatAnswers(token: JoinToken, io: Io): Promise<{ readonly rest: RestClient; readonly url: URL }> {
  const failures: string[] = [];
  for (const text of token.urls) {
    const url = new URL(text);
    // The server's own certificate may be made by itself; what is sent is good for one machine and one time, and what
    // comes back is not believed.
    const rest = new RestClient({
      server: url,
      headers: {},
      ignoresSslErrors: true,
      signal: io.signal,
      warn: () => {},
    });
    try {
      await rest.get(`${base(url)}/api`);
      return { rest, url };
    } catch (error) {
      io.signal.throwIfAborted();
      failures.push(`${text}: ${(error as Error).message}`);
    }
  }
  throw new KnownFailure(`None of the server's addresses answers.\n${failures.join('\n')}`);
}
const base = (url: URL) => url.pathname.replace(/\/+$/, '');

/** The port for agents, if it can be reached from here; else a WebSocket on the server's own port. */
async function addressFor(token: JoinToken, url: URL, settings: Settings, io: Io): Promise<string> {
  if (token.commsPort === undefined)
    throw new KnownFailure('The server takes no agents that call it. Let it call: --comms-style=TentaclePassive');
  const port = new URL(`https://${url.hostname}:${token.commsPort}`);
  try {
    await checkHandshake(port.href, pollingProxy(settings), io.signal);
    io.line(`The port for agents answers: ${port.host}`);
    return port.href.replace(/\/$/, '');
  } catch (error) {
    io.signal.throwIfAborted();
    io.line(`${(error as Error).message}. Using a WebSocket to ${url.host} instead.`);
    return `${url.protocol === 'https:' ? 'wss' : 'ws'}://${url.host}${base(url)}${WEB_SOCKET_PATH}`;
  }
}
