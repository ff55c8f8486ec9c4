import { InputError } from '@octo/kernel';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What OpenSSH itself would do to reach a machine. */
export interface SshSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Private keys that exist, in the order in which ssh tries them. */
  readonly keys: readonly string[];
  /** Socket of an ssh-agent, where one is named. */
  readonly agent?: string;
  /** `bastion`, `me@bastion:2222`; one machine at most. */
  readonly jump?: string;
  /** SHA-256 of a host key that known_hosts has for it: whoever asks has accepted it before. */
  readonly fingerprint?: string;
}

const LIMIT_MS = 10_000;
const run = promisify(execFile);

/**
 * Reads the configuration of the person who types, by `ssh -G`: so that Include, Match and patterns mean what they mean to
 * ssh. `file`: another file than ~/.ssh/config.
 */
export async function sshSettings(alias: string, file?: string): Promise<SshSettings> {
  const said = await output('ssh', [...(file === undefined ? [] : ['-F', file]), '-G', '--', alias]);
  const all = Map.groupBy(
    said.split('\n').filter((line) => line.includes(' ')),
    (line) => line.slice(0, line.indexOf(' ')).toLowerCase(),
  );
  const values = (name: string) => (all.get(name) ?? []).map((line) => line.slice(name.length + 1).trim());
  const one = (name: string) => values(name).find((value) => value !== '' && value !== 'none');
  const host = one('hostname') ?? alias;
  const port = Number(one('port') ?? 22);
  const keys = values('identityfile')
    .map(atHome)
    .filter((key) => existsSync(key));
  const jump = one('proxyjump');
  if (jump?.includes(','))
    throw new InputError('OCTO_CLI_SSH_CONFIG', `${alias} is reached through several machines (ProxyJump ${jump})`, {
      hint: 'octo goes through one at most; let the first one reach it, or use a proxy',
    });
  if (one('proxycommand') !== undefined)
    throw new InputError(
      'OCTO_CLI_SSH_CONFIG',
      `${alias} is reached by a ProxyCommand, which the server does not run`,
      {
        hint: 'use ProxyJump, or a proxy: octo proxy add',
      },
    );
  const agent = one('identityagent');
  const known = await knownKey(host, port, one('hostkeyalias'), values('userknownhostsfile').join(' '));
  return {
    host,
    port,
    user: one('user') ?? userInfo().username,
    keys,
    ...(agent !== undefined && {
      agent: agent === 'SSH_AUTH_SOCK' ? (process.env['SSH_AUTH_SOCK'] ?? '') : atHome(agent),
    }),
    ...(jump !== undefined && { jump }),
    ...(known !== undefined && { fingerprint: known }),
  };
}

/** The kind that servers show first, if it is known. */
const KINDS = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'];

async function knownKey(
  host: string,
  port: number,
  alias: string | undefined,
  files: string,
): Promise<string | undefined> {
  const name = alias ?? (port === 22 ? host : `[${host}]:${port}`);
  const lines: string[] = [];
  for (const file of files
    .split(/\s+/)
    .map(atHome)
    .filter((it) => it !== '' && existsSync(it))) {
    const said = await output('ssh-keygen', ['-F', name, '-f', file]).catch(() => ''); // exit code 1: it is not in there
    lines.push(...said.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('@')));
  }
  const keys = lines.map((line) => line.split(' '));
  const found = KINDS.flatMap((kind) => keys.filter((words) => words[1] === kind)).at(0);
  if (found?.[2] === undefined) return undefined;
  const hash = createHash('sha256').update(Buffer.from(found[2], 'base64')).digest('base64');
  return `SHA256:${hash.replace(/=+$/, '')}`;
}

/** Eight letters of the fingerprint of a key's public half, which is readable without a passphrase; '' where it is not. */
export async function keyPrint(file: string): Promise<string> {
  const said = await output('ssh-keygen', ['-lf', file]).catch(() => '');
  return /SHA256:(\S{8})/.exec(said)?.[1] ?? '';
}

async function output(program: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(program, args, { timeout: LIMIT_MS })).stdout;
  } catch (cause) {
    const { code, stderr = '' } = cause as Error & { readonly code?: string | number; readonly stderr?: string };
    const why = code === 'ENOENT' ? `${program} is not installed here` : stderr.trim() || (cause as Error).message;
    throw new InputError('OCTO_CLI_SSH_CONFIG', `the SSH configuration cannot be read: ${why}`, { cause });
  }
}

function atHome(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
}
