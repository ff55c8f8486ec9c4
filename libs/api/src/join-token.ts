import { InputError } from '@octo/kernel';

/** What a machine needs to become a worker by itself (I16). As text it is one word, for one line to paste. */
export interface JoinToken {
  /** Addresses of the server, the first that answers counts: `https://octo.example.com`. */
  readonly urls: readonly string[];
  /** Port for agents that call the server; absent: it takes none. */
  readonly commsPort?: number;
  /** Of the server towards agents: SHA-1, 40 capital hexadecimal digits. */
  readonly thumbprint: string;
  /** What `POST /api/octo/join` wants as `Token`. */
  readonly secret: string;
}

const PREFIX = 'octo-join-';

export function formatJoinToken({ urls, commsPort, thumbprint, secret }: JoinToken): string {
  const text = JSON.stringify({
    v: 1,
    u: urls,
    ...(commsPort !== undefined && { p: commsPort }),
    t: thumbprint,
    s: secret,
  });
  return `${PREFIX}${Buffer.from(text).toString('base64url')}`;
}

/** InputError OCTO_JOIN_TOKEN_FORM where it is none, or was cut while it was copied. The error never quotes it. */
export function parseJoinToken(text: string): JoinToken {
  const word = text.trim();
  if (!word.startsWith(PREFIX)) throw bad(`it does not begin with ${PREFIX}`);
  const { v, u, p, t, s } = read(word.slice(PREFIX.length));
  if (v !== 1) throw bad('it is of a newer octo');
  const urls = Array.isArray(u) ? u.filter((it) => typeof it === 'string') : [];
  if (urls.length === 0 || !urls.every((it) => /^https?:\/\//.test(it))) throw bad('it names no server');
  if (typeof t !== 'string' || !/^[0-9A-F]{40}$/.test(t)) throw bad('it has no thumbprint');
  if (typeof s !== 'string' || s === '') throw bad('it has no secret');
  return { urls, thumbprint: t, secret: s, ...(typeof p === 'number' && { commsPort: p }) };
}

function read(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>; // any object may be read so
  } catch {
    // not quoted: it holds a secret
  }
  throw bad('it is not whole');
}

function bad(why: string): InputError {
  return new InputError('OCTO_JOIN_TOKEN_FORM', `that is no join token: ${why}`, {
    hint: 'copy the whole line that octo worker join-token create has printed',
  });
}

/** A join token in the list; the word itself is in the answer that makes it, and only there. */
export interface WireJoinToken {
  readonly Id: string;
  readonly Name: string;
  readonly SpaceId: string;
  readonly WorkerPoolIds: readonly string[];
  readonly MachinePolicyId: string;
  readonly Expires: string;
  readonly Count: number;
  readonly State: 'Good' | 'UsedUp' | 'Expired';
  readonly Joined: readonly { readonly WorkerId: string; readonly At: string }[];
  readonly CreatedBy: string;
}
