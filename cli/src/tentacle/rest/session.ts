import { type Clock } from '@octo/kernel';
import { known, RestFailure } from './failures.ts';
import { type Credentials, type HttpClient } from './http.ts';
import { type Links } from './links.ts';
import { arrayOf, idOf, linksOf, recordOf, textOf, type Resource } from './resources.ts';

const RETRY_FOR_MS = 60_000;
const RETRY_BUSY_MS = 500;
const RETRY_UNREACHABLE_MS = 1000;

interface Space {
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly home: string;
}

/** The whole site, or one space of it: where links are found. The space's own come first (halibut.md 9.3.2). */
export interface Scope {
  readonly root: Resource;
  readonly links: Links;
  /** Null on a server without spaces. */
  readonly spaceId: string | null;
}

/**
 * The order of requests is that of the real client, which fetches the root anew for each of its repository objects
 * (halibut.md 9.3.3): old and foreign servers have been tried with that order only.
 */
export class Session {
  readonly http: HttpClient;
  readonly #clock: Clock;

  private constructor(http: HttpClient, clock: Clock) {
    this.http = http;
    this.#clock = clock;
  }

  /** Contacts the server, signs in with a password if that is the way, and looks at the version of its API. */
  static async open(http: HttpClient, credentials: Credentials, clock: Clock, signal: AbortSignal): Promise<Session> {
    const session = new Session(http, clock);
    if (credentials.kind === 'password') await session.#signIn(credentials, signal);
    return session;
  }

  /** The root document, with patience for a server that is just starting. */
  async root(signal: AbortSignal): Promise<Resource> {
    const until = this.#clock.now() + RETRY_FOR_MS;
    for (;;) {
      try {
        const root = recordOf(await this.http.get('~/api', {}, signal), 'the root document');
        checkApiVersion(root);
        return root;
      } catch (error) {
        const pause = pauseAfter(error);
        if (pause === undefined || this.#clock.now() + pause > until) throw error;
        await this.#clock.sleep(pause, signal);
      }
    }
  }

  /** Steps 1 to 4: what the client does to find the default space, whose links count beside the root's. */
  async start(signal: AbortSignal): Promise<Scope> {
    const root = await this.root(signal);
    const scope = { root, links: linksOf(root), spaceId: null };
    if (scope.links.Spaces === undefined) return scope;
    const spaces = await this.#spaces(root, signal).catch((error: unknown) => {
      // The look for a default space is only a try there: a refused key shows in the next step (9.3.2).
      if (RestFailure.isOne(error) && error.status === 401) return [];
      throw error;
    });
    const home = theDefault(spaces)?.home;
    if (home === undefined) return scope;
    const document = recordOf(await this.http.get(home, {}, signal), home);
    return { root, links: { ...scope.links, ...linksOf(document) }, spaceId: null };
  }

  /** Step 5: the space of that name, or the default one. Undefined on a server without spaces. */
  async chooseSpace(name: string | undefined, signal: AbortSignal): Promise<Space | undefined> {
    const root = await this.root(signal);
    if (linksOf(root).Spaces === undefined) {
      if (name !== undefined) throw known('The Octopus Server does not support spaces, so --space cannot be used.');
      return undefined;
    }
    const spaces = await this.#spaces(root, signal);
    const found = name === undefined ? theDefault(spaces) : theOnly(spaces.filter((space) => same(space.name, name)));
    if (found) return found;
    throw known(
      name === undefined
        ? 'The Octopus Server has no default space that you can see. Use --space to name the one that is meant.'
        : `Could not find the space with name ${name} on the Octopus Server. Ensure the space exists and you have permission to access it.`,
    );
  }

  /** Step 8: the root once more, and the space's own links. */
  async enter(space: Space | undefined, signal: AbortSignal): Promise<Scope> {
    const root = await this.root(signal);
    if (!space) return { root, links: linksOf(root), spaceId: null };
    const document = recordOf(await this.http.get(space.home, {}, signal), space.home);
    return { root, links: { ...linksOf(root), ...linksOf(document) }, spaceId: space.id };
  }

  /** Step 7: the thumbprint of the server, in upper case. `links` are those of step 4. */
  async serverThumbprint(links: Links, signal: AbortSignal): Promise<string> {
    const link = links.CertificateConfiguration ?? linkOf(links, 'Certificates');
    const certificate = recordOf(await this.http.get(link, { id: 'certificate-global' }, signal), link);
    return textOf(certificate, 'Thumbprint').toUpperCase();
  }

  async #spaces(root: Resource, signal: AbortSignal): Promise<readonly Space[]> {
    const me = recordOf(await this.http.get(linkOf(linksOf(root), 'CurrentUser'), {}, signal), 'the current user');
    const link = linkOf(linksOf(me), 'Spaces');
    return arrayOf(await this.http.get(link, {}, signal), link).map((space) => ({
      id: idOf(space),
      name: textOf(space, 'Name'),
      isDefault: space.IsDefault === true,
      home: linkOf(linksOf(space), 'SpaceHome'),
    }));
  }

  async #signIn(login: { username: string; password: string }, signal: AbortSignal): Promise<void> {
    const links = linksOf(await this.root(signal));
    // Asked without a session first: a server that lets us in as a guest would otherwise go unnoticed (9.3.4).
    await this.http.get(linkOf(links, 'CurrentUser'), {}, signal).catch((error: unknown) => {
      if (!RestFailure.isOne(error) || (error.status !== 401 && error.status !== 403)) throw error;
    });
    await this.http.signIn(linkOf(links, 'SignIn'), login, signal);
  }
}

/** The link of that name; who lacks it is no server that we can talk to. */
export function linkOf(links: Links, name: string): string {
  const link = links[name];
  if (link !== undefined) return link;
  throw new RestFailure('OCTO_REGISTER_ANSWER', `the server offers no link ${name}`, {
    hint: 'look whether --server is the address of an Octopus server',
  });
}

/** Names count without regard to case; what is around them only where `trim` was done. */
export function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function pauseAfter(error: unknown): number | undefined {
  if (!RestFailure.isOne(error)) return undefined;
  if (error.status === 503) return RETRY_BUSY_MS;
  return error.code === 'OCTO_REGISTER_CONNECT' ? RETRY_UNREACHABLE_MS : undefined;
}

/** 3.0.0 to 3.0.99; an absent one is an older one (9.3.1). */
function checkApiVersion({ ApiVersion: version }: Resource): void {
  const parts = typeof version === 'string' ? version.split('.').map(Number) : [];
  const [major = 0, minor = 0, patch = 0] = parts;
  if (major === 3 && minor === 0 && patch <= 99) return;
  const age = major < 3 ? 'an older' : 'a newer';
  const text = `This Octopus Server uses ${age} API specification (${String(version)}) than this Tentacle can handle`;
  throw new RestFailure('OCTO_REGISTER_VERSION', text);
}

function theDefault(spaces: readonly Space[]): Space | undefined {
  return theOnly(spaces.filter(({ isDefault }) => isDefault));
}
function theOnly(spaces: readonly Space[]): Space | undefined {
  if (spaces.length < 2) return spaces[0];
  const names = spaces.map(({ id }) => id).join(', ');
  throw new RestFailure('OCTO_REGISTER_ANSWER', `the server has several spaces where one is meant: ${names}`);
}
