import { type OctoApi } from '@octo/api';
import { InputError } from '@octo/kernel';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { secretFrom } from '../secret-input.ts';
import { manners } from '../manners.ts';
import { storeOf } from '../resources/store.ts';
import { keyPrint, type SshSettings, sshSettings } from './ssh-config.ts';

type Flags = Readonly<Record<string, string>>;

/**
 * Flags of the style `ssh` as the SSH configuration of whoever types has them. `given` wins. The account is one that has
 * this key already, or a new one.
 */
export async function flagsFromSshConfig(api: OctoApi, alias: string, file: string, given: Flags): Promise<Flags> {
  const settings = await sshSettings(alias, file === '' ? undefined : file);
  const account = given['account'] ?? (await accountFor(api, alias, settings));
  return {
    port: String(settings.port),
    ...(settings.fingerprint !== undefined && { fingerprint: settings.fingerprint }),
    ...(settings.jump !== undefined && (await jumpFlags(api, settings.jump, account, file))),
    ...given,
    host: settings.host,
    account,
  };
}

async function jumpFlags(api: OctoApi, jump: string, account: string, file: string): Promise<Flags> {
  const [, user, name = ''] = /^(?:ssh:\/\/)?(?:(.*)@)?(.*?)\/?$/.exec(jump) ?? [];
  const [, host = name, port] = /^(.*?):(\d+)$/.exec(name) ?? [];
  const found = await sshSettings(host, file === '' ? undefined : file);
  const settings = { ...found, ...(user !== undefined && { user }), ...(port !== undefined && { port: Number(port) }) };
  const own = await accountFor(api, host, settings);
  return {
    'jump-host': settings.host,
    'jump-port': String(settings.port),
    ...(settings.fingerprint !== undefined && { 'jump-fingerprint': settings.fingerprint }),
    ...(own !== account && { 'jump-account': own }),
  };
}

/**
 * Name of the account that signs in so, made where there is none. In the name is what tells keys apart: many a machine
 * has several id_ed25519, in different folders.
 */
async function accountFor(api: OctoApi, alias: string, { user, keys, agent }: SshSettings): Promise<string> {
  const store = await storeOf(api, 'accounts');
  const [key] = keys;
  const Name =
    key === undefined ? agentName(user, agent) : `ssh ${user} ${basename(key)} ${await keyPrint(key)}`.trim();
  if ((await store.all()).some((it) => it.Name.toLowerCase() === Name.toLowerCase())) return Name;
  if (key === undefined && agent === undefined && process.env['SSH_AUTH_SOCK'] === undefined)
    throw new InputError('OCTO_CLI_SSH_CONFIG', `the SSH configuration names no key for ${alias} that exists`, {
      hint: 'add an account (octo account add ssh-key …) and name it: --account NAME',
    });
  const members = key === undefined ? agentMembers(agent) : await keyMembers(key);
  await store.create({ ...members, Name, Username: user } as never); // as its schema says
  if (!manners.quiet) process.stderr.write(`octo: account "${Name}" was added\n`);
  return Name;
}

function agentName(user: string, socket: string | undefined): string {
  return `ssh ${user} by agent${socket === undefined ? '' : ` ${socket}`}`;
}

function agentMembers(agent: string | undefined) {
  return { AccountType: 'SshAgent', ...(agent !== undefined && { AgentSocket: agent }) };
}

async function keyMembers(file: string) {
  const text = await readFile(file, 'utf8');
  const PrivateKeyFile = { HasValue: true, NewValue: Buffer.from(text).toString('base64') };
  if (!isLocked(text)) return { AccountType: 'SshKeyPair', PrivateKeyFile };
  const passphrase = await secretFrom(undefined, { what: `passphrase of ${file}`, flag: 'the passphrase on stdin' });
  return { AccountType: 'SshKeyPair', PrivateKeyFile, PrivateKeyPassphrase: { HasValue: true, NewValue: passphrase } };
}

/** In OpenSSH's own form the cipher's name comes first, in base64; `none` is one, too. */
function isLocked(text: string): boolean {
  if (text.includes('ENCRYPTED')) return true;
  const [, body = ''] = /BEGIN OPENSSH PRIVATE KEY-+([\s\S]*?)-+END/.exec(text) ?? [];
  const head = Buffer.from(body.replaceAll(/\s/g, ''), 'base64').toString('latin1', 0, 64);
  return head.startsWith('openssh-key-v1\0') && !head.includes('\0\0\0\x04none');
}
