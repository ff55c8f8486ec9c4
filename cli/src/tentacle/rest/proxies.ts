import { type HttpProxy } from './dial.ts';

/** What the commands `proxy` and `polling-proxy` have stored (halibut.md 7.9). */
export interface ProxySetting {
  /** The one that the environment names, if it names one; a user name given here counts for it. */
  readonly useDefault: boolean;
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
}
export type Environment = Readonly<Record<string, string | undefined>>;

const PROXY_PORT = 80;

/** The proxy that somebody has set, not that of the environment. */
export function explicitProxy(setting: ProxySetting): HttpProxy | undefined {
  const { useDefault, host, port = PROXY_PORT } = setting;
  return useDefault || !host ? undefined : { host, port, ...loginOf(setting) };
}

/** The proxy on the way to `url`: the one set, else that of the environment, where it is wanted. */
export function proxyFor(setting: ProxySetting, url: URL, env: Environment): HttpProxy | undefined {
  if (!setting.useDefault) return explicitProxy(setting);
  const named = namedBy(env, url);
  return named && { ...named, ...loginOf(setting) };
}

function loginOf({ username, password }: ProxySetting): Pick<HttpProxy, 'username' | 'password'> {
  return username ? { username, ...(password !== undefined && { password }) } : {};
}

function namedBy(env: Environment, url: URL): HttpProxy | undefined {
  const of = (name: string) => env[name] || env[name.toUpperCase()];
  const text = of(url.protocol === 'https:' ? 'https_proxy' : 'http_proxy') ?? of('all_proxy');
  if (text === undefined || isExempt(url.hostname, of('no_proxy') ?? '')) return undefined;
  const proxy = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (!proxy?.hostname) return undefined;
  return {
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: Number(proxy.port || PROXY_PORT),
    ...(proxy.username && {
      username: decodeURIComponent(proxy.username),
      password: decodeURIComponent(proxy.password),
    }),
  };
}

/** `no_proxy` lists hosts; one with a dot in front stands for all that end so, a star for all. */
function isExempt(host: string, list: string): boolean {
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry === '*' || entry === host || (entry.startsWith('.') && host.endsWith(entry)));
}
