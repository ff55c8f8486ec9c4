import { type OctoApi, type WorkerStyle } from '@octo/api';
import { InputError } from '@octo/kernel';
import { ask, canAsk } from '../ask.ts';
import { manners } from '../manners.ts';
import { flagOf } from './style-flags.ts';

type Members = Readonly<Record<string, unknown>>;

/** By what a machine is recognised, with the word for people. */
const TRUST: Readonly<Record<string, string>> = { Thumbprint: 'thumbprint', Fingerprint: 'fingerprint' };

/**
 * What the machine itself shows, where the endpoint says where it is and not by what it is recognised. A person
 * compares it; a script says `--accept`, or names it. Nothing where the server cannot ask.
 */
export async function discovered(
  api: OctoApi,
  style: WorkerStyle,
  endpoint: Members,
  isAccepted: boolean,
): Promise<Members> {
  const name = Object.keys(style.Endpoint.properties ?? {}).find((it) => it in TRUST);
  const at = placeOf(endpoint);
  if (name === undefined || endpoint[name] || !at || !style.IsSpoken || endpoint['JumpHost']) return {};
  const { ask: call } = await import('@octo/api');
  const proxy = typeof endpoint['ProxyId'] === 'string' ? { proxyId: endpoint['ProxyId'] } : {};
  const query = new URLSearchParams({ ...at, ...proxy, type: style.Style });
  const path = `/api/workers/discover?${query.toString()}`;
  const isNeeded = style.Endpoint.required?.includes(name) === true;
  const found = await call<{ readonly Endpoint: Members }>(
    api,
    { method: 'GET', path },
    AbortSignal.timeout(60_000),
  ).catch((error: unknown) => {
    if (isNeeded) throw error;
    process.stderr.write(`octo: ${(error as Error).message}; its ${TRUST[name]} is to be accepted later\n`);
    return { Endpoint: {} as Members };
  });
  const print = found.Endpoint[name];
  if (typeof print !== 'string' || print === '') return {};
  const octopus = found.Endpoint['FingerprintMd5']; // as Octopus shows it
  const other = typeof octopus === 'string' ? ` (MD5 ${octopus})` : '';
  const shown = `${at.host}${at.port ? `:${at.port}` : ''} shows the ${TRUST[name]} ${print}${other}`;
  await trust(shown, name, print, isAccepted);
  return { [name]: print };
}

async function trust(sentence: string, name: string, print: string, isAccepted: boolean): Promise<void> {
  if (isAccepted) {
    if (!manners.quiet) process.stderr.write(`octo: ${sentence}\n`);
    return;
  }
  const flag = `--${flagOf(name)} ${print}`;
  const hint = `compare it with what the machine itself shows, then give ${flag}; --accept trusts whatever answers`;
  if (!canAsk()) throw new InputError('OCTO_CLI_TRUST', `${sentence}, and nobody has confirmed it`, { hint });
  if (await ask.confirm(`${sentence}. Does the machine itself show the same?`, { flag })) return;
  throw new InputError('OCTO_CLI_TRUST', `${sentence}, which is not trusted; nothing was added`, { hint });
}

/** Host and port as the endpoint has them; nothing for one that calls the server. */
function placeOf({
  Uri: uri,
  Host: host,
  Port: port,
}: Members): { readonly host: string; readonly port: string } | undefined {
  if (typeof host === 'string' && host !== '') return { host, port: typeof port === 'number' ? `${port}` : '' };
  if (typeof uri !== 'string' || !URL.canParse(uri)) return undefined;
  const url = new URL(uri);
  if (url.protocol !== 'https:') return undefined;
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port };
}
