import { type WorkerStyle } from '@octo/api';
import { InputError, OctoError } from '@octo/kernel';
import { accountKind } from '../account/types.ts';
import { nearest } from '../nearest.ts';
import { policyFlags, withPolicyFlags } from '../policy/flags.ts';
import { endpointMembers, flagOf, missingMembers, styleOf } from '../worker/style-flags.ts';
import { type Document, isObject, LISTS, type Members, type SecretSource, type Wanted } from './model.ts';

/** The parsed file as what it wants. Every fault is told, with its place: `workers[1].pools: …`. */
export function readDocument(content: unknown, file: string, styles: readonly WorkerStyle[]): Document {
  const faults: string[] = [];
  const room: Room = { fault: (at, text) => void faults.push(`${at}: ${text}`), styles };
  const lists = isObject(content) ? content : {};
  if (!isObject(content)) faults.push(`it holds no lists; write ${Object.keys(LISTS).join(', ')}`);
  refuseOthers(lists, Object.keys(LISTS), '', room);
  const wanted = Object.entries(LISTS).flatMap(([list, kind]) =>
    itemsOf(lists[list], list, room).map(({ item, at }): Wanted => {
      const name = textIn(item, 'name', at, room) ?? '';
      const { members, secrets = {} } = READERS[kind](item, at, room);
      return { kind, name, members: { Name: name, ...members }, secrets, at };
    }),
  );
  for (const [n, it] of wanted.entries()) {
    const first = wanted.findIndex((w) => w.kind === it.kind && w.name.toLowerCase() === it.name.toLowerCase());
    if (it.name !== '' && first < n) faults.push(`${it.at}.name: "${it.name}" stands in ${wanted[first]?.at} already`);
  }
  if (faults.length > 0)
    throw new InputError('OCTO_CLI_APPLY', `${file} does not fit: ${faults.join('; ')}`, {
      hint: 'octo apply --help shows an example',
    });
  const kinds = Object.entries(LISTS).flatMap(([list, kind]) => (list in lists ? [kind] : []));
  return { wanted, kinds };
}

interface Room {
  readonly fault: (at: string, text: string) => void;
  readonly styles: readonly WorkerStyle[];
}
interface Read {
  readonly members: Members;
  readonly secrets?: Readonly<Record<string, SecretSource>>;
}
type Reader = (item: Members, at: string, room: Room) => Read;

const READERS = {
  workerpools: readPool,
  machinepolicies: readPolicy,
  proxies: readProxy,
  accounts: readAccount,
  workers: readWorker,
} satisfies Readonly<Record<Wanted['kind'], Reader>>;

function readPool(item: Members, at: string, room: Room): Read {
  refuseOthers(item, ['name', 'description', 'default', 'sortOrder'], at, room);
  return { members: renamed(item, { description: 'Description', default: 'IsDefault', sortOrder: 'SortOrder' }) };
}

/** Words of `octo policy add` (`connect-timeout: 2m`), and any member of Octopus's own. */
function readPolicy(whole: Members, at: string, room: Room): Read {
  const { name: _, ...item } = whole;
  const words = Object.entries(item).filter(([key]) => key in policyFlags && key !== 'set');
  const others = Object.entries(item).filter(([key]) => !(key in policyFlags));
  const texts = words.map(([key, value]) => [
    key,
    typeof value === 'number' && key !== 'connect-retries' ? `${value}` : value,
  ]);
  try {
    return { members: withPolicyFlags(pascal(Object.fromEntries(others)), Object.fromEntries(texts) as Members) };
  } catch (error) {
    return told(error, at, room);
  }
}

function readProxy(item: Members, at: string, room: Room): Read {
  refuseOthers(item, ['name', 'host', 'port', 'username', 'password'], at, room);
  textIn(item, 'host', at, room);
  const members = renamed(item, { host: 'Host', port: 'Port', username: 'Username' });
  return { members, secrets: secretsIn(item, [['password', 'Password']], at, room) };
}

function readAccount(item: Members, at: string, room: Room): Read {
  const type = textIn(item, 'type', at, room);
  if (type === undefined) return { members: {} };
  try {
    const kind = accountKind(type);
    const names = kind.members.map((it) => [camel(it.member), it.member] as const);
    const secrets = kind.secrets.map((it) => [camel(it.member), it.member] as const);
    const known = ['name', 'type', 'description', ...names.map(([key]) => key), ...secrets.map(([key]) => key)];
    refuseOthers(item, known, at, room);
    const members = renamed(item, { description: 'Description', ...Object.fromEntries(names) });
    return { members: { AccountType: kind.type, ...members }, secrets: secretsIn(item, secrets, at, room) };
  } catch (error) {
    return told(error, `${at}.type`, room);
  }
}

function readWorker(item: Members, at: string, room: Room): Read {
  refuseOthers(item, ['name', 'style', 'pools', 'policy', 'disabled', 'endpoint'], at, room);
  const pools = Array.isArray(item['pools']) ? item['pools'] : [];
  if (pools.length === 0 || !pools.every((it) => typeof it === 'string'))
    room.fault(`${at}.pools`, 'is a list of one or more pools');
  const word = textIn(item, 'style', at, room);
  const endpoint = word === undefined ? {} : readEndpoint(word, item['endpoint'] ?? {}, at, room);
  const members = renamed(item, { policy: 'MachinePolicyId', disabled: 'IsDisabled' });
  return { members: { WorkerPoolIds: pools, ...members, Endpoint: endpoint } };
}

function readEndpoint(word: string, endpoint: unknown, at: string, room: Room): Members {
  try {
    const style = styleOf(room.styles, word);
    const given = isObject(endpoint) ? endpoint : {};
    const isDescribed = Object.keys(style.Endpoint.properties ?? {}).length > 0;
    const flags = Object.entries(given).map(([key, value]) => [
      flagOf(key),
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    const found = isDescribed ? endpointMembers(style, Object.fromEntries(flags) as Members) : given;
    for (const { name } of missingMembers(style, found)) room.fault(`${at}.endpoint.${camel(name)}`, 'is missing');
    const print = found['Thumbprint'];
    const plain = typeof print === 'string' ? { Thumbprint: print.replaceAll(/[\s:]/g, '').toUpperCase() } : {}; // as the server keeps it
    return { ...found, ...plain, CommunicationStyle: style.Style };
  } catch (error) {
    return told(error, `${at}.endpoint`, room).members;
  }
}

function itemsOf(list: unknown, at: string, room: Room): readonly { readonly item: Members; readonly at: string }[] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) {
    room.fault(at, 'is a list');
    return [];
  }
  return list.map((item: unknown, n) => {
    if (!isObject(item)) room.fault(`${at}[${n}]`, 'is a map with a name');
    return { item: isObject(item) ? item : { name: '?' }, at: `${at}[${n}]` };
  });
}
function textIn(item: Members, key: string, at: string, room: Room): string | undefined {
  const value = item[key];
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  room.fault(`${at}.${key}`, value === undefined ? 'is missing' : 'is a text');
  return undefined;
}
function refuseOthers(item: Members, known: readonly string[], at: string, room: Room): void {
  for (const key of Object.keys(item).filter((it) => !known.includes(it))) {
    const near = nearest(key, known)[0];
    room.fault(at === '' ? key : `${at}.${key}`, `is not known${near === undefined ? '' : `; did you mean ${near}?`}`);
  }
}
function secretsIn(item: Members, names: readonly (readonly [string, string])[], at: string, room: Room) {
  const found: Record<string, SecretSource> = {};
  for (const [key, member] of names) {
    const value = item[key];
    if (value === undefined) continue;
    if (isObject(value) && typeof value['file'] === 'string') found[member] = { file: value['file'] };
    else if (isObject(value) && typeof value['env'] === 'string') found[member] = { env: value['env'] };
    else room.fault(`${at}.${key}`, 'is a secret: write {file: PATH} or {env: NAME}');
  }
  return found;
}
function renamed(item: Members, names: Readonly<Record<string, string>>): Members {
  return Object.fromEntries(
    Object.entries(names).flatMap(([key, member]) => (key in item ? [[member, item[key]]] : [])),
  );
}
function pascal(value: Members): Members {
  const entries = Object.entries(value).map(([key, it]) => [
    key.charAt(0).toUpperCase() + key.slice(1),
    isObject(it) ? pascal(it) : it,
  ]);
  return Object.fromEntries(entries) as Members; // texts are its keys, by the line above
}
function camel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
function told(error: unknown, at: string, room: Room): Read {
  if (!OctoError.is(error)) throw error;
  room.fault(at, `${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`);
  return { members: {} };
}
