import { type Account, type Opening, type Proxy, type Secret } from '@octo/kernel';
import { createHash } from 'node:crypto';
import { type Duplex } from 'node:stream';
import { type Client } from 'ssh2';
import { signInOf } from './auth.ts';
import { connectTo, type Target } from './connection.ts';
import { dial, nameOf, type Place, unreached } from './dial.ts';
import { DEFAULT_FOLDER, DEFAULT_PORT, type SshEndpoint } from './endpoint.ts';
import { type LaneLimits } from './lanes.ts';

const LIMITS = { connections: 6, channels: 8, idleMs: 60_000 } as const;

export interface Way {
  /** Two sessions of one key share connections; another password is another key. */
  readonly key: string;
  readonly target: Target;
  readonly root: string;
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
  readonly limits: LaneLimits;
}

/** How the machine of an endpoint is reached: by whom, through what. */
export async function wayTo(to: Opening<SshEndpoint>): Promise<Way> {
  const { Host, Port, AccountId, Fingerprint, ProxyId, JumpHost, Folder } = to.endpoint;
  const account = await to.account(AccountId);
  const proxy = ProxyId ? await to.proxy(ProxyId) : undefined;
  const connectMs = to.limits.connectTimeoutMs;
  const target: Target = {
    host: Host,
    port: Port,
    signIn: signInOf(account),
    fingerprintFlag: '--fingerprint',
    ...(Fingerprint && { fingerprint: Fingerprint }),
  };
  const jump = JumpHost ? await jumpOf(to, account) : undefined;
  const dialTo = (place: Place) => (signal: AbortSignal) => dial(place, proxy, connectMs, signal);
  const root = Folder || DEFAULT_FOLDER;
  const parts = [Host, Port, Fingerprint, root, to.limits, jump && [jump.host, jump.port, jump.fingerprint]];
  const secrets = [account, jump?.account, proxy].map(marksOf);
  return {
    key: createHash('sha256')
      .update(JSON.stringify([parts, secrets]))
      .digest('hex'),
    target,
    root,
    dial: jump ? through(jump, dialTo(jump), connectMs, target) : dialTo(target),
    limits: { ...LIMITS, connectMs },
  };
}

async function jumpOf(to: Opening<SshEndpoint>, same: Account) {
  const it = to.endpoint;
  const other = it.JumpAccountId ? await to.account(it.JumpAccountId) : same;
  return {
    host: it.JumpHost ?? '',
    port: it.JumpPort ?? DEFAULT_PORT,
    signIn: signInOf(other),
    account: other,
    fingerprintFlag: '--jump-fingerprint',
    ...(it.JumpFingerprint && { fingerprint: it.JumpFingerprint }),
  };
}

/** A channel through the machine in between; its connection ends with the channel. */
function through(jump: Target, dialJump: Way['dial'], limitMs: number, to: Place): Way['dial'] {
  return async (signal) => {
    const client: Client = await connectTo(jump, { dial: dialJump, limitMs }, signal);
    const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
    client.forwardOut('127.0.0.1', 0, to.host, to.port, (error, channel) => {
      if (error) return reject(unreached(`${nameOf(to)} through ${nameOf(jump)}`, error));
      channel.once('close', () => client.end());
      client.once('close', () => channel.destroy());
      resolve(channel);
    });
    client.once('close', () => reject(unreached(nameOf(jump), 'it closed the connection')));
    return promise.catch((error: unknown) => {
      client.end();
      throw error;
    });
  };
}

/** What makes credentials the same, without the credentials. */
function marksOf(it: Account | Proxy | undefined): unknown {
  if (it === undefined) return null;
  const hidden = (secret: Secret) => createHash('sha256').update(secret.reveal()).digest('hex');
  if ('fields' in it) {
    const { id, type, fields, secrets } = it;
    return [id, type, fields, Object.entries(secrets).map(([name, secret]) => [name, hidden(secret)])];
  }
  return [it.id, it.host, it.port, it.username, it.password && hidden(it.password)];
}
