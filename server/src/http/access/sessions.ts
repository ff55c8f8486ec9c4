import { type Clock } from '@octo/kernel';
import { type Documents, SYSTEM_ACTOR } from '@octo/plane';
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const LIFE_MS = 8 * 3_600_000;
const KEPT_MS = 30 * 24 * 3_600_000;

export interface Session {
  readonly userId: string;
  /** Of the user's password; another one ends the session. */
  readonly stamp: string;
}

/**
 * Signed cookies: who signed in, until when. Nothing is stored for one; it ends by time, or with the user's password.
 * The key is one of the installation, sealed like every secret, so that all nodes accept each other's.
 */
export class Sessions {
  readonly #documents: Documents;
  readonly #clock: Clock;
  #key: Promise<Buffer> | undefined;

  constructor(documents: Documents, clock: Clock) {
    this.#documents = documents;
    this.#clock = clock;
  }

  async issue(session: Session, isKept: boolean): Promise<{ readonly token: string; readonly csrf: string }> {
    const until = this.#clock.now() + (isKept ? KEPT_MS : LIFE_MS);
    const body = Buffer.from(JSON.stringify({ ...session, until })).toString('base64url');
    const token = `${body}.${await this.#sign(`session ${body}`)}`;
    return { token, csrf: await this.#sign(`csrf ${token}`) };
  }

  async read(token: string): Promise<Session | undefined> {
    const [body = '', signature = ''] = token.split('.');
    if (!isSame(signature, await this.#sign(`session ${body}`))) return undefined;
    const { until, ...session } = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Session & {
      until: number;
    }; // signed by us
    return until > this.#clock.now() ? session : undefined;
  }

  async isCsrf(token: string, csrf: unknown): Promise<boolean> {
    return typeof csrf === 'string' && isSame(csrf, await this.#sign(`csrf ${token}`));
  }

  async #sign(text: string): Promise<string> {
    this.#key ??= this.#readKey();
    this.#key.catch(() => (this.#key = undefined));
    return createHmac('sha256', await this.#key)
      .update(text)
      .digest('base64url');
  }

  async #readKey(): Promise<Buffer> {
    const known = await this.#documents.secretsOf('serverkeys', 'serverkeys-sessions');
    if (known['Key'] !== undefined) return Buffer.from(known['Key'], 'base64');
    const secrets = { Key: randomBytes(32).toString('base64') };
    const made = { kind: 'serverkeys', prefix: 'serverkeys', id: 'serverkeys-sessions', spaceId: null };
    const event = {
      spaceId: null,
      category: 'Created',
      actor: SYSTEM_ACTOR,
      atMs: this.#clock.now(),
      message: 'The key for signing session cookies was made',
      documentType: 'ServerKey',
      documentIds: ['serverkeys-sessions'],
      differences: [],
    };
    await this.#documents
      .add({ ...made, name: 'sessions', slug: '', members: {}, secrets }, () => event)
      .catch(() => {}); // another node was first
    const stored = await this.#documents.secretsOf('serverkeys', 'serverkeys-sessions');
    return Buffer.from(stored['Key'] ?? '', 'base64');
  }
}

function isSame(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
