import { type RestDeps } from './deps.ts';
import { type HttpProxy } from './dial.ts';
import { known, RestFailure } from './failures.ts';
import { type Credentials, HttpClient } from './http.ts';
import { explicitProxy, proxyFor } from './proxies.ts';
import { Session } from './session.ts';

/** The API options that all these commands share (halibut.md 9.2). An empty text counts as not given. */
export interface ApiOptions {
  readonly server?: string;
  readonly apiKey?: string;
  readonly bearerToken?: string;
  readonly username?: string;
  readonly password?: string;
  readonly ignoreSslErrors?: boolean;
}
/** The options, checked. */
export interface Access {
  readonly server: string;
  readonly credentials: Credentials;
  readonly ignoreSslErrors: boolean;
}

/** Nothing is sent yet. */
export function checkAccess(options: ApiOptions): Access {
  const { server, ignoreSslErrors = false } = options;
  if (!server) throw known('Please specify a server, e.g. --server=http://your-octopus-server');
  const credentials = checkCredentials(options);
  if (!/^https?:$/.test(URL.parse(server)?.protocol ?? ''))
    throw new RestFailure('OCTO_REGISTER_CONNECT', `--server ${server} is no address of a server`, {
      hint: 'write it as https://host',
    });
  return { server, credentials, ignoreSslErrors };
}

function checkCredentials({ apiKey, bearerToken, username, password }: ApiOptions): Credentials {
  const kinds = [apiKey, bearerToken, username || password].filter(Boolean).length;
  if (kinds === 0) throw known('Please specify an API key, a bearer token, or a username and password');
  if (kinds > 1) throw known('Please specify a Bearer Token, API Key or username and password - not multiple.');
  if (apiKey) return { kind: 'api-key', key: apiKey };
  if (bearerToken) return { kind: 'bearer', token: bearerToken };
  if (!username) throw known('Please specify a username for the specified password, e.g. --username=admin');
  if (!password) throw known('Please specify a password for the specified user account, e.g. --password=secret');
  return { kind: 'password', username, password };
}

/**
 * Opens a session with the server. The polling proxy is the way to the API as well, where the agent polls: a machine
 * that needs it for the one port seldom reaches the other without it.
 */
export async function openSession(
  access: Access,
  deps: RestDeps,
  isPolling: boolean,
  signal: AbortSignal,
): Promise<Session> {
  const { settings, host, userAgent, say, clock } = deps;
  const polling = isPolling ? explicitProxy(settings.pollingProxy) : undefined;
  const way = (url: URL): HttpProxy | undefined => polling ?? proxyFor(settings.apiProxy, url, host.env);
  const http = new HttpClient({ ...access, userAgent, warn: once(say), proxyFor: way });
  return Session.open(http, access.credentials, clock, signal);
}

/** Each text once: the same certificate comes with every request. */
function once(say: (line: string) => void): (line: string) => void {
  const said = new Set<string>();
  return (line) => {
    if (said.has(line)) return;
    said.add(line);
    say(line);
  };
}
