import {
  type Account,
  type ActivityLog,
  type ConnectionLimits,
  NotFoundError,
  type Opening,
  type Proxy,
  Secret,
} from '@octo/kernel';
import { type Documents } from '../ports-administration.ts';

/** Defaults of a machine policy. Source: R117, R119, R121–R124. */
export const CONNECTION_LIMITS: ConnectionLimits = {
  connectTimeoutMs: 60_000,
  retryAttempts: 5,
  retrySleepMs: 1_000,
  retryTimeLimitMs: 300_000,
  pollingPickUpMs: 120_000,
};
/** R117 */
const CALL_RETRY_MS = 150_000;

/** What a transport gets to reach a worker: limits of its machine policy, and what its endpoint names by id. */
export async function openingOf(
  documents: Documents,
  worker: { readonly id: string; readonly endpoint: unknown; readonly machinePolicyId?: string },
  log: ActivityLog,
): Promise<Opening<unknown>> {
  return {
    workerId: worker.id,
    endpoint: worker.endpoint,
    limits: await limitsOf(documents, worker.machinePolicyId ?? ''),
    log,
    account: (id) => accountOf(documents, id),
    proxy: (id) => proxyOf(documents, id),
  };
}

async function limitsOf(documents: Documents, policyId: string): Promise<ConnectionLimits> {
  const members = policyId === '' ? undefined : (await documents.get('machinepolicies', policyId))?.members;
  if (!members) return CONNECTION_LIMITS;
  const span = (name: string, otherwise: number) => spanMs(members[name]) ?? otherwise;
  const count = members['ConnectionRetryCountLimit'];
  const retry = (members['MachineRpcCallRetryPolicy'] ?? {}) as Readonly<Record<string, unknown>>; // of a document of that kind
  return {
    connectTimeoutMs: span('ConnectionConnectTimeout', CONNECTION_LIMITS.connectTimeoutMs),
    retryAttempts: typeof count === 'number' ? count : CONNECTION_LIMITS.retryAttempts,
    retrySleepMs: span('ConnectionRetrySleepInterval', CONNECTION_LIMITS.retrySleepMs),
    retryTimeLimitMs: span('ConnectionRetryTimeLimit', CONNECTION_LIMITS.retryTimeLimitMs),
    pollingPickUpMs: span('PollingRequestQueueTimeout', CONNECTION_LIMITS.pollingPickUpMs),
    callRetryMs: retry['Enabled'] === false ? 0 : (spanMs(retry['RetryDuration']) ?? CALL_RETRY_MS),
  };
}

/** `[d.]hh:mm:ss[.f]` in milliseconds; undefined for anything else. */
export function spanMs(value: unknown): number | undefined {
  const [, days = '0', hours = '', minutes = '', seconds = ''] =
    /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)$/.exec(typeof value === 'string' ? value : '') ?? [];
  if (hours === '') return undefined;
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
}

async function accountOf(documents: Documents, id: string): Promise<Account> {
  const account = await documents.get('accounts', id);
  if (!account) throw missing('account', id);
  const texts = Object.entries(account.members).filter(
    (member): member is [string, string] => typeof member[1] === 'string',
  );
  const secrets = Object.entries(await documents.secretsOf('accounts', id));
  return {
    id: account.id,
    type: String(account.members['AccountType']),
    fields: Object.fromEntries(texts),
    secrets: Object.fromEntries(secrets.map(([name, text]) => [name, new Secret(text)])),
  };
}

export async function proxyOf(documents: Documents, id: string): Promise<Proxy> {
  const proxy = await documents.get('proxies', id);
  if (!proxy) throw missing('proxy', id);
  const { Password } = await documents.secretsOf('proxies', id);
  const { Host, Port, Username, ProxyType } = proxy.members;
  return {
    id: proxy.id,
    host: String(Host),
    port: Number(Port),
    ...(ProxyType === 'SOCKS5' && { kind: 'socks5' as const }),
    ...(typeof Username === 'string' && Username !== '' && { username: Username }),
    ...(Password !== undefined && { password: new Secret(Password) }),
  };
}

function missing(what: string, id: string): NotFoundError {
  return new NotFoundError('OCTO_ENDPOINT_REFERENCE', `the endpoint names ${what} ${id}, which is gone`, {
    hint: 'give the worker another one',
  });
}
