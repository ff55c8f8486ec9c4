import { InputError } from '@octo/kernel';
import { Flags } from '@oclif/core';
import { ask } from '../ask.ts';
import { unknown } from '../pick.ts';
import { secretFrom } from '../secret-input.ts';

interface Member {
  readonly flag: string;
  readonly member: string;
  readonly what: string;
  readonly isOptional?: true;
}
interface Secret extends Member {
  /** Octopus keeps files in base64 (rest.md 2.12). */
  readonly isFile?: true;
}
interface AccountKind {
  readonly word: string;
  readonly type:
    | 'SshKeyPair'
    | 'SshAgent'
    | 'UsernamePassword'
    | 'Token'
    | 'AmazonWebServicesAccount'
    | 'AzureServicePrincipal'
    | 'GoogleCloudAccount';
  readonly members: readonly Member[];
  readonly secrets: readonly Secret[];
}

const username = { flag: 'username', member: 'Username', what: 'name of the user' };
const password = { flag: 'password-file', member: 'Password', what: 'password' };

/** The types that have a word; source of members: rest.md 2.12. */
export const ACCOUNT_KINDS: readonly AccountKind[] = [
  {
    word: 'ssh-key',
    type: 'SshKeyPair',
    members: [username],
    secrets: [
      { flag: 'private-key-file', member: 'PrivateKeyFile', what: 'private key', isFile: true },
      { flag: 'passphrase-file', member: 'PrivateKeyPassphrase', what: 'passphrase of the key', isOptional: true },
    ],
  },
  {
    word: 'ssh-agent',
    type: 'SshAgent',
    members: [
      username,
      {
        flag: 'agent-socket',
        member: 'AgentSocket',
        what: "socket of an ssh-agent on the server's machine",
        isOptional: true,
      },
    ],
    secrets: [],
  },
  { word: 'username', type: 'UsernamePassword', members: [username], secrets: [password] },
  { word: 'token', type: 'Token', members: [], secrets: [{ flag: 'token-file', member: 'Token', what: 'token' }] },
  {
    word: 'aws',
    type: 'AmazonWebServicesAccount',
    members: [
      { flag: 'access-key', member: 'AccessKey', what: 'access key' },
      { flag: 'region', member: 'Region', what: 'region', isOptional: true },
    ],
    secrets: [{ flag: 'secret-key-file', member: 'SecretKey', what: 'secret key' }],
  },
  {
    word: 'azure',
    type: 'AzureServicePrincipal',
    members: [
      { flag: 'subscription', member: 'SubscriptionNumber', what: 'id of the subscription' },
      { flag: 'client-id', member: 'ClientId', what: 'id of the client' },
      { flag: 'tenant-id', member: 'TenantId', what: 'id of the tenant' },
    ],
    secrets: [password],
  },
  {
    word: 'google',
    type: 'GoogleCloudAccount',
    members: [],
    secrets: [{ flag: 'json-key-file', member: 'JsonKey', what: 'JSON key', isFile: true }],
  },
];

export function accountKind(wanted: string): AccountKind {
  const key = wanted.toLowerCase();
  const found = ACCOUNT_KINDS.find((it) => [it.word, it.type.toLowerCase()].includes(key));
  if (found) return found;
  throw unknown(
    'type of accounts',
    wanted,
    ACCOUNT_KINDS.map((it) => it.word),
  );
}

/** One flag for each member of any type; secrets only as files. */
export const accountFlags = {
  description: Flags.string({ description: 'what it is for' }),
  ...Object.fromEntries(
    [...new Map(ACCOUNT_KINDS.flatMap((it) => [...it.members, ...it.secrets]).map((it) => [it.flag, it])).values()].map(
      ({ flag, what }) => [flag, Flags.string({ description: `${users(flag)}: ${what}${hintOf(flag)}` })],
    ),
  ),
};
function users(flag: string): string {
  return ACCOUNT_KINDS.filter((it) => [...it.members, ...it.secrets].some((member) => member.flag === flag))
    .map((it) => it.word)
    .join(', ');
}
function hintOf(flag: string): string {
  return flag.endsWith('-file') ? ', from this file; - reads stdin' : '';
}

type Given = Readonly<Record<string, unknown>>;

/** Members that the flags give. `isNew`: what is missing is asked for; else it stays as it is. */
export async function accountMembers(kind: AccountKind, given: Given, isNew: boolean): Promise<Given> {
  refuseOthers(kind, given);
  const found: Record<string, unknown> = {};
  if (typeof given['description'] === 'string') found['Description'] = given['description'];
  for (const { flag, member, what, isOptional } of kind.members) {
    const value = given[flag];
    if (typeof value === 'string') found[member] = value;
    else if (isNew && !isOptional) found[member] = await ask.text(what, { flag: `--${flag}` });
  }
  for (const { flag, member, what, isOptional, isFile } of kind.secrets) {
    const file = given[flag];
    if (typeof file !== 'string' && (!isNew || isOptional)) continue;
    const text = await secretFrom(typeof file === 'string' ? file : undefined, { what, flag: `--${flag}` });
    const value = isFile ? Buffer.from(`${text}\n`).toString('base64') : text; // OpenSSH wants the last line ended
    found[member] = { HasValue: true, NewValue: value };
  }
  return found;
}

function refuseOthers(kind: AccountKind, given: Given): void {
  const own = [...kind.members, ...kind.secrets].map((it) => it.flag);
  const others = ACCOUNT_KINDS.flatMap((it) => [...it.members, ...it.secrets]).map((it) => it.flag);
  const wrong = others.find((flag) => given[flag] !== undefined && !own.includes(flag));
  if (wrong === undefined) return;
  throw new InputError('OCTO_CLI_ACCOUNT_FLAG', `--${wrong} is no flag of accounts of type ${kind.word}`, {
    hint: `its own are: ${own.map((flag) => `--${flag}`).join(', ')}`,
  });
}
