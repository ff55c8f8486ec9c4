import { type Io } from '../command.ts';
import { KnownFailure } from '../errors.ts';
import { isSame, type Values } from '../parse.ts';
import { fill, RestClient } from './http.ts';

type Links = Readonly<Record<string, string>>;
export interface Linked {
  readonly Id: string;
  readonly Name: string;
  readonly Slug?: string | null;
  readonly Links: Links;
}
interface Root {
  readonly Version?: string;
  readonly ApiVersion?: string;
  readonly Links: Links;
}
export interface SpaceOnServer {
  /** Null on servers of old. */
  readonly id: string | null;
  readonly links: Links;
}

/** A signed-in conversation with one server (halibut.md 9.3). */
export class Server {
  readonly rest: RestClient;
  readonly shown: string;
  readonly #base: string;
  readonly #root: Root;

  private constructor(rest: RestClient, shown: string, base: string, root: Root) {
    this.rest = rest;
    this.shown = shown;
    this.#base = base;
    this.#root = root;
  }

  /** Options are checked before anything is sent. */
  static async open(values: Values, io: Io): Promise<Server> {
    const { url, headers, login } = readAccess(values);
    const rest = new RestClient({
      server: url,
      headers,
      ignoresSslErrors: values.has('ignoreSslErrors'),
      signal: io.signal,
      warn: (text) => io.line(text),
    });
    const base = url.pathname.replace(/\/+$/, '').replace(/\/api$/i, '');
    const path = `${base}/api`;
    let root = await rest.patientGet<Root>(path);
    checkApi(root);
    if (login) {
      await rest.post(resolveLink(base, root.Links['SignIn'] ?? '/api/users/login{?returnUrl}'), {
        ...login,
        RememberMe: false,
        State: { UsingSecureConnection: url.protocol === 'https:' },
      });
      root = await rest.get<Root>(path);
    }
    return new Server(rest, new URL(base === '' ? '/' : `${base}/`, url).href, base, root);
  }

  link(links: Links, name: string, values: Readonly<Record<string, string>> = {}): string {
    const template = links[name] ?? this.#root.Links[name];
    if (template === undefined) throw new Error(`the server has no link ${name}`);
    return resolveLink(this.#base, template, values);
  }

  /** Servers of octo and Octopus alike; much older ones cannot be registered with (9.3.1). */
  checkVersion(): void {
    const major = Number(/^\d+/.exec(this.#root.Version ?? '')?.[0] ?? Number.NaN);
    if (Number.isNaN(major)) throw new KnownFailure('The server does not say which version it is.');
    if (major !== 0 && major < 3)
      throw new KnownFailure(`The server is of version ${major}, and this agent needs version 3 or later.`);
  }

  async space(name: string | undefined): Promise<SpaceOnServer> {
    if (this.#root.Links['Spaces'] === undefined) {
      if (name !== undefined) throw new KnownFailure('The server has no spaces.');
      return { id: null, links: this.#root.Links };
    }
    const me = await this.rest.get<{ readonly Links: Links }>(this.link({}, 'CurrentUser'));
    const spaces = await this.rest.get<readonly (Linked & { readonly IsDefault?: boolean })[]>(
      this.link(me.Links, 'Spaces'),
    );
    const space = spaces.find((it) => (name === undefined ? it.IsDefault === true : isSame(it.Name, name)));
    if (!space)
      throw new KnownFailure(
        name === undefined
          ? 'There is no default space; name one: --space=NAME'
          : `The space '${name}' does not exist on the server, or you may not see it.`,
      );
    const { Links: links } = await this.rest.get<{ readonly Links: Links }>(this.link(space.Links, 'SpaceHome'));
    return { id: space.Id, links };
  }

  async thumbprint(): Promise<string> {
    const name = this.#root.Links['CertificateConfiguration'] ? 'CertificateConfiguration' : 'Certificates';
    const path = this.link({}, name, { id: 'certificate-global' });
    const { Thumbprint } = await this.rest.get<{ readonly Thumbprint?: string }>(path);
    if (!Thumbprint) throw new Error(`${path} has no Thumbprint`);
    return Thumbprint.toUpperCase();
  }

  /** All pages. */
  async *all<T>(path: string): AsyncGenerator<T> {
    for (let next: string | undefined = path; next !== undefined;) {
      const page: { readonly Items: readonly T[]; readonly Links: Links } = await this.rest.get(next);
      yield* page.Items;
      const link: string | undefined = page.Items.length > 0 ? page.Links['Page.Next'] : undefined;
      next = link === undefined ? undefined : resolveLink(this.#base, link);
    }
  }
}

function resolveLink(base: string, template: string, values: Readonly<Record<string, string>> = {}): string {
  const filled = fill(template, values);
  return filled.startsWith('~/') ? `${base}${filled.slice(1)}` : filled;
}

function checkApi({ ApiVersion = '' }: Root): void {
  if (/^3\.0\.\d{1,2}$/.test(ApiVersion)) return;
  const is = ApiVersion === '' ? 'an older' : 'another';
  throw new Error(`The server uses ${is} API specification (${ApiVersion || 'none'}) than this agent, which needs 3.0`);
}

interface Signed {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly login?: { readonly Username: string; readonly Password: string };
}

/** Exactly one kind of credential (R39). */
export function readAccess(values: Values): Signed {
  const server = values.text('server');
  if (server === undefined)
    throw new KnownFailure('Please specify an Octopus Server, e.g., --server=http://your-octopus-server');
  const [key, token] = [values.text('apiKey'), values.text('bearerToken')];
  const [user, password] = [values.text('username'), values.get('password')];
  const kinds = [key, token, user ?? password].filter((it) => it !== undefined).length;
  if (kinds === 0) throw new KnownFailure('Please specify a Bearer Token, API Key or username and password.');
  if (kinds > 1)
    throw new KnownFailure('Please specify a Bearer Token, API Key or username and password - not multiple.');
  if (key === undefined && token === undefined && (user === undefined || password === undefined))
    throw new KnownFailure('Please specify both a username and a password.');
  const url = new URL(server); // what is no URI is not foreseen: exit code 100
  if (key !== undefined) return { url, headers: { 'X-Octopus-ApiKey': key } };
  if (token !== undefined) return { url, headers: { Authorization: `Bearer ${token}` } };
  return { url, headers: {}, login: { Username: user ?? '', Password: password ?? '' } };
}
