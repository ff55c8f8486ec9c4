import ssh2, { type AnyAuthMethod, type Client, type ClientChannel, type ServerHostKeyAlgorithm } from 'ssh2'; // CommonJS
import { type Duplex } from 'node:stream';
import { type SignIn } from './auth.ts';
import { nameOf, type Place, unreached } from './dial.ts';
import { sshError } from './errors.ts';
import { ALL_HOST_KEYS, type HostKey, HOST_KEY_KINDS, hostKeyOf, isOf } from './host-key.ts';

export interface Target extends Place {
  readonly signIn: SignIn;
  /** As it was accepted; absent: whatever answers is refused, and its fingerprint shown. */
  readonly fingerprint?: string;
  /** For hints: name of the worker's member that holds the fingerprint. */
  readonly fingerprintFlag: string;
}
interface Ways {
  /** A new socket, or a channel through another machine. */
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
  readonly limitMs: number;
}

/** Silence is noticed after three of these without an answer. */
const KEEP_ALIVE_MS = 1_500;
const KEEP_ALIVES = 3;
/** Each channel that is being opened listens for the end of the connection. */
const MOST_LISTENERS = 64;
/** Ciphers that processors have instructions for come first; the rest is what servers of old speak. */
const CIPHERS = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr', 'chacha20-poly1305@openssh.com'] as const; // prettier-ignore

/** The kind of key by which a place was last known by its fingerprint, so that the next connection asks for it at once. */
const kinds = new Map<string, readonly ServerHostKeyAlgorithm[]>();

/** A connection that is signed in. Its host key is the one that was accepted, or there is no connection (I15, R140). */
export async function connectTo(target: Target, ways: Ways, signal: AbortSignal): Promise<Client> {
  const known = `${nameOf(target)} ${target.fingerprint}`;
  const first = kinds.get(known) ?? ALL_HOST_KEYS;
  const seen: HostKey[] = [];
  for (const kind of [first, ...HOST_KEY_KINDS]) {
    const shown: { key?: HostKey } = {};
    const attempt = await tryTo(target, kind, { ...ways, shown }, signal);
    if (attempt instanceof ssh2.Client) {
      if (shown.key) kinds.set(known, HOST_KEY_KINDS.find((some) => some.some((it) => isKind(it, shown.key))) ?? first); // prettier-ignore
      return attempt;
    }
    if (shown.key && !seen.some((it) => it.sha256 === shown.key?.sha256)) seen.push(shown.key);
    const isStranger = shown.key !== undefined && !isKnown(target, shown.key);
    const isWithoutKind = seen.length > 0 && /host key|algorithm/i.test(attempt.message);
    if (!isStranger && !isWithoutKind) throw attempt;
    if (target.fingerprint === undefined) break;
  }
  kinds.delete(known);
  throw strangeKey(target, seen);
}

/** What shows itself there, before anybody signs in. */
export async function lookAt(place: Place, ways: Ways, signal: AbortSignal): Promise<HostKey> {
  const shown: { key?: HostKey } = {};
  const nobody: SignIn = { username: 'octo', methods: [] };
  const target: Target = { ...place, signIn: nobody, fingerprintFlag: '' };
  const found = await tryTo(target, ALL_HOST_KEYS, { ...ways, shown }, signal);
  if (found instanceof ssh2.Client) found.end();
  if (shown.key) return shown.key;
  throw found instanceof ssh2.Client ? unreached(nameOf(place), 'it shows no host key') : found;
}

function isKind(algorithm: string, key: HostKey | undefined): boolean {
  if (key?.type === 'ssh-rsa') return algorithm.startsWith('rsa-sha2');
  return algorithm === key?.type;
}
function isKnown({ fingerprint }: Target, key: HostKey): boolean {
  return fingerprint !== undefined && isOf(fingerprint, key);
}

type Attempt = Ways & { readonly shown: { key?: HostKey } };

async function tryTo(
  target: Target,
  kind: readonly ServerHostKeyAlgorithm[],
  { dial, limitMs, shown }: Attempt,
  signal: AbortSignal,
): Promise<Client | Error> {
  const sock = await dial(signal);
  const client = new ssh2.Client().setMaxListeners(MOST_LISTENERS);
  const { promise, resolve } = Promise.withResolvers<Client | Error>();
  const abort = () => resolve(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  const methods = [...target.signIn.methods];
  client
    .once('ready', () => resolve(client))
    .once('close', () => resolve(unreached(nameOf(target), 'it closed the connection')))
    .on('error', (error: Error & { level?: string }) => resolve(meaningOf(target, error)));
  client.connect({
    sock: sock as never, // a socket or a channel, whatever its types say
    username: target.signIn.username,
    readyTimeout: limitMs,
    keepaliveInterval: KEEP_ALIVE_MS,
    keepaliveCountMax: KEEP_ALIVES,
    algorithms: { serverHostKey: [...kind], cipher: [...CIPHERS] },
    hostVerifier: (blob: Buffer) => {
      shown.key = hostKeyOf(blob);
      return isKnown(target, shown.key);
    },
    authHandler: (_left, _partly, next) => next((methods.shift() ?? false) as AnyAuthMethod),
  });
  const outcome = await promise;
  signal.removeEventListener('abort', abort);
  if (outcome instanceof ssh2.Client) return outcome;
  client.end();
  sock.destroy();
  signal.throwIfAborted();
  return outcome;
}

function meaningOf(target: Target, error: Error & { level?: string }): Error {
  if (error.level === 'client-authentication')
    return sshError('OCTO_TRANSPORT_SSH_SIGN_IN', `${nameOf(target)} does not let ${target.signIn.username} in`, {
      hint: "check the worker's account: user name, key or password, and authorized_keys there",
      isReached: true,
      cause: error,
    });
  return unreached(nameOf(target), error);
}

function strangeKey(target: Target, seen: readonly HostKey[]): Error {
  const shown = seen.map((key) => `${key.type} ${key.sha256} (MD5 ${key.md5})`).join(', ');
  const [{ sha256 } = { sha256: '' }] = seen;
  const accept = `octo worker edit NAME ${target.fingerprintFlag} ${sha256}`;
  if (target.fingerprint === undefined)
    return sshError('OCTO_TRANSPORT_SSH_HOST_KEY', `nobody has accepted the host key of ${nameOf(target)}: ${shown}`, {
      hint: `compare it with the machine's own (ssh-keygen -lf), then: ${accept}`,
      isReached: true,
    });
  return sshError(
    'OCTO_TRANSPORT_SSH_HOST_KEY',
    `${nameOf(target)} shows another host key than the accepted ${target.fingerprint}: ${shown}. Nothing was sent there`,
    { hint: `find out why it changed; only if the machine was set up anew: ${accept}`, isReached: true },
  );
}

/** `octo` of its remote side: 'SSH-2.0-OpenSSH_9.2p1 Debian…' as 'OpenSSH 9.2p1'. */
export function programOf(client: Client): string {
  const said = (client as { readonly _remoteVer?: unknown })._remoteVer; // not in its types
  const name = typeof said === 'string' ? said.replace(/^SSH-[\d.]+-/, '').split(' ')[0] : undefined;
  return name ? name.replace('_', ' ') : 'an SSH server';
}

/** A channel on which /bin/sh reads commands, and whether what answers there has ended by itself. */
export interface OpenShell {
  readonly channel: ClientChannel;
  /** False: it still runs, or the connection was cut. */
  readonly hasExited: () => boolean;
}

/** Rejects with `Full` where the server allows no more channels. */
export function openShell(client: Client, host: string): Promise<OpenShell> {
  return new Promise((resolve, reject) => {
    const gone = () =>
      reject(sshError('OCTO_TRANSPORT_SSH_CUT', `the connection to ${host} was cut`, { isPassing: true }));
    client.once('close', gone);
    client.exec('/bin/sh', (error, channel) => {
      client.off('close', gone);
      if (!error) {
        let hasExited = false; // heard from the first moment: the end of a shell may come with its beginning
        channel.once('exit', (code: number | null) => (hasExited = code !== null));
        return resolve({ channel, hasExited: () => hasExited });
      }
      if ('reason' in error) return reject(new Full(error));
      reject(
        sshError('OCTO_TRANSPORT_SSH_CUT', `${host} opens no channel: ${error.message}`, {
          isPassing: true,
          cause: error,
        }),
      );
    });
  });
}

/** The server allows no more channels on this connection (MaxSessions). */
export class Full extends Error {
  constructor(cause: Error) {
    super('the server allows no more channels on this connection', { cause });
  }
}
