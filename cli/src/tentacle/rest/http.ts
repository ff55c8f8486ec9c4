import { type OutgoingHttpHeaders } from 'node:http';
import { Cookies } from './cookies.ts';
import { type HttpProxy } from './dial.ts';
import { exchange, type HttpAnswer, type HttpRequest } from './exchange.ts';
import { failureOf, notJson, RestFailure } from './failures.ts';
import { expand, resolveLink, siteOf, type LinkValues } from './links.ts';

export type Credentials =
  | { readonly kind: 'api-key'; readonly key: string }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'password'; readonly username: string; readonly password: string };

export interface HttpOptions {
  /** As typed: the site, with or without `/api`. */
  readonly server: string;
  readonly credentials: Credentials;
  readonly userAgent: string;
  readonly ignoreSslErrors: boolean;
  readonly proxyFor: (url: URL) => HttpProxy | undefined;
  /** Is told of what was let pass, for the operator. */
  readonly warn: (message: string) => void;
}

const REDIRECTS = [301, 302, 303, 307, 308];
const MOST_REDIRECTS = 10;
const CSRF_COOKIE = 'Octopus-Csrf-Token';

/**
 * Speaks to a server in the way of Octopus.Client (halibut.md 9.3.2): links from its answers, PUT and DELETE as POST with
 * an override, indented JSON. Answers are parsed JSON, null for an empty one; errors of the server are thrown.
 */
export class HttpClient {
  readonly site: URL;
  readonly #options: HttpOptions;
  readonly #cookies = new Cookies();

  constructor(options: HttpOptions) {
    this.site = siteOf(options.server);
    this.#options = options;
  }

  get(link: string, values: LinkValues, signal: AbortSignal): Promise<unknown> {
    return this.#ask('GET', expand(link, values), {}, signal);
  }
  post(link: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    return this.#ask('POST', expand(link), { body }, signal);
  }
  put(link: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    return this.#ask('POST', expand(link), { body, override: 'PUT' }, signal);
  }
  delete(link: string, signal: AbortSignal): Promise<unknown> {
    return this.#ask('POST', expand(link), { override: 'DELETE' }, signal);
  }

  /** Every later request carries the session. Source: halibut.md 9.3.4. */
  async signIn(link: string, login: { username: string; password: string }, signal: AbortSignal): Promise<void> {
    const state = { UsingSecureConnection: this.site.protocol === 'https:' };
    const body = { Username: login.username, Password: login.password, RememberMe: false, State: state };
    await this.post(link, body, signal);
    const found = this.#cookies.beginning(CSRF_COOKIE).length;
    if (found === 1) return;
    const text = `${this.site.href} accepted the password, but set ${found} cookies ${CSRF_COOKIE} where one is wanted`;
    throw new RestFailure('OCTO_REGISTER_ANSWER', text);
  }

  async #ask(method: 'GET' | 'POST', link: string, more: Sent, signal: AbortSignal): Promise<unknown> {
    const url = resolveLink(this.site, link);
    if (!url) throw new RestFailure('OCTO_REGISTER_REDIRECT', `the server's link ${link} leads to another server`);
    const hasBody = more.body !== undefined;
    const headers = {
      ...(more.override && { 'X-HTTP-Method-Override': more.override }),
      ...(hasBody && { 'Content-Type': 'application/json; charset=utf-8' }),
    };
    const body = hasBody ? { body: JSON.stringify(more.body, null, 2) } : {};
    const { answer, from } = await this.#follow({ method, url, headers, ...body }, signal);
    if (answer.status < 200 || answer.status > 299) throw failureOf(answer.status, from, answer.content);
    if (answer.content.trim() === '') return null;
    try {
      return JSON.parse(answer.content) as unknown;
    } catch (error) {
      throw notJson(from, answer.content, error);
    }
  }

  /** Only a GET is sent again elsewhere. */
  async #follow(request: HttpRequest, signal: AbortSignal): Promise<{ answer: HttpAnswer; from: URL }> {
    let { url } = request;
    for (let left = MOST_REDIRECTS; ; left--) {
      const headers = { ...this.#greeting(), ...request.headers };
      const answer = await exchange({ ...request, url, headers }, this.#ways(url), signal);
      this.#cookies.take(answer.setCookie);
      if (!REDIRECTS.includes(answer.status) || answer.location === undefined) return { answer, from: url };
      const next = new URL(answer.location, url);
      if (request.method !== 'GET' || left === 0 || !isSameParty(url, next)) throw sentOn(url, next);
      url = next;
    }
  }

  #greeting(): OutgoingHttpHeaders {
    const { credentials, userAgent } = this.#options;
    const cookie = String(this.#cookies);
    const csrf = this.#cookies.beginning(CSRF_COOKIE)[0];
    return {
      Accept: 'application/json',
      'User-Agent': userAgent,
      ...(credentials.kind === 'api-key' && { 'X-Octopus-ApiKey': credentials.key }),
      ...(credentials.kind === 'bearer' && { Authorization: `Bearer ${credentials.token}` }),
      ...(cookie && { Cookie: cookie }),
      ...(csrf !== undefined && { 'X-Octopus-Csrf-Token': csrf }),
    };
  }

  #ways(url: URL): Parameters<typeof exchange>[1] {
    const { ignoreSslErrors, warn, proxyFor } = this.#options;
    const onUntrusted = (problem: string) => {
      if (ignoreSslErrors) return warn(problem);
      const hint = 'trust its authority (NODE_EXTRA_CA_CERTS), or use --ignoreSslErrors';
      throw new RestFailure('OCTO_REGISTER_CERTIFICATE', problem, { hint });
    };
    return { proxy: proxyFor(url), onUntrusted };
  }
}

interface Sent {
  readonly body?: unknown;
  readonly override?: 'PUT' | 'DELETE';
}

/** May our credentials go there as well? The same host, and nothing that was private is sent in the open. */
function isSameParty(from: URL, to: URL): boolean {
  const isSafe = to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:');
  return isSafe && from.hostname === to.hostname;
}
function sentOn(from: URL, to: URL): RestFailure {
  const text = `${from.href} sends us on to ${to.href}`;
  return new RestFailure('OCTO_REGISTER_REDIRECT', text, { hint: `use --server ${to.origin}, if you trust it` });
}
