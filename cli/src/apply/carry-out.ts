import { type Inputs, type OctoApi, type ResourceKind } from '@octo/api';
import { InputError } from '@octo/kernel';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ACCOUNT_KINDS } from '../account/types.ts';
import { pick } from '../pick.ts';
import { KIND_WORDS, storeOf } from '../resources/store.ts';
import {
  type Change,
  type Current,
  isObject,
  mapReferences,
  type Members,
  type SecretSource,
  type Wanted,
} from './model.ts';

/** All that a file may speak of, as the server has it. */
export async function readCurrent(api: OctoApi): Promise<Current> {
  const all = async <K extends ResourceKind>(kind: K) => (await storeOf(api, kind)).all();
  const [workers, workerpools, machinepolicies, accounts, proxies] = await Promise.all([
    all('workers'),
    all('workerpools'),
    all('machinepolicies'),
    all('accounts'),
    all('proxies'),
  ]);
  return { workers, workerpools, machinepolicies, accounts, proxies };
}

export interface Place {
  readonly api: OctoApi;
  /** Of the file: paths of secrets are relative to it. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** New workers are checked at once. */
  readonly checks: boolean;
}

/** Every secret can be read: else nothing is begun. */
export async function expectSecrets(changes: readonly Change[], place: Pick<Place, 'folder' | 'env'>): Promise<void> {
  for (const change of changes) if (change.action !== 'remove') await secretsOf(change, place);
}

/** One change of the plan. What it names is looked up now: an earlier change may have made it. */
export async function carryOut(change: Change, place: Place): Promise<void> {
  const store = await storeOf(place.api, change.kind);
  if (change.action === 'remove') return store.remove(change.id ?? '');
  if (!change.wanted) return;
  const members = { ...(await withIds(change.wanted, place.api)), ...(await secretsOf(change, place)) };
  if (change.action === 'add') {
    const skip = change.kind === 'workers' && !place.checks ? { SkipInitialHealthCheck: true } : {};
    await store.create({ ...members, ...skip } as unknown as Inputs[ResourceKind]); // the file was checked; the server checks the rest
    return;
  }
  const before = await store.find(change.id ?? change.name);
  await store.update(before.Id, merged(before, members) as unknown as Inputs[ResourceKind]); // as it was, but for what is wanted
}

async function withIds({ kind, members }: Wanted, api: OctoApi): Promise<Members> {
  if (kind !== 'workers') return members;
  const current = await readCurrent(api);
  return mapReferences(members, (of, word) => pick<{ Id: string; Name: string }>(current[of], word, KIND_WORDS[of]).Id);
}

/** An endpoint of another style has nothing of the one before; an SSH address is made of host and port. */
function merged(before: Members, wanted: Members): Members {
  const out: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(wanted)) {
    const was = before[name];
    const isOther = isObject(value) && isObject(was) && value['CommunicationStyle'] !== was['CommunicationStyle'];
    out[name] = isObject(value) && isObject(was) && !isOther ? merged(was, value) : value;
  }
  if ('Host' in wanted && !('Uri' in wanted)) delete out['Uri'];
  return out;
}

async function secretsOf(
  { action, wanted, differences }: Change,
  place: Pick<Place, 'folder' | 'env'>,
): Promise<Members> {
  const found: Record<string, unknown> = {};
  for (const [member, source] of Object.entries(wanted?.secrets ?? {})) {
    if (action === 'change' && !differences.some((it) => it.path === member)) continue;
    const text = await secretText(source, `${wanted?.at}.${member}`, place);
    const isFile = ACCOUNT_KINDS.some((it) => it.secrets.some((s) => s.member === member && s.isFile));
    found[member] = { HasValue: true, NewValue: isFile ? Buffer.from(`${text}\n`).toString('base64') : text };
  }
  return found;
}
async function secretText(
  source: SecretSource,
  at: string,
  { folder, env }: Pick<Place, 'folder' | 'env'>,
): Promise<string> {
  if ('env' in source) {
    const value = env[source.env];
    if (value) return value;
    throw new InputError('OCTO_CLI_SECRET', `${at}: there is no environment variable ${source.env}`);
  }
  try {
    return (await readFile(resolve(folder, source.file), 'utf8')).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new InputError('OCTO_CLI_FILE', `${at}: ${source.file} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}
