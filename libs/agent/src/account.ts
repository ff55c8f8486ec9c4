import { InputError } from '@octo/kernel';
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { makeOnce, readText } from './whole-file.ts';
import { type Workspace } from './workspace.ts';

/**
 * As whom scripts run.
 * - `own`: as the account of this process (R20).
 * - `user`: all as one other account, which cannot read what is ours (R20, R23).
 * - `private`: each running script as a user id of its own, so that neighbours cannot reach each other (R169, I2).
 */
export type Account =
  | { readonly kind: 'own' }
  | { readonly kind: 'user'; readonly name: string; readonly uid: number; readonly gid: number }
  | { readonly kind: 'private'; readonly from: number; readonly to: number };

/** The account of one ticket. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  readonly isPrivate: boolean;
}

/** Range of `private` where none is given: the one that systemd keeps for users that exist while something runs. */
const PRIVATE_UIDS = { from: 61_184, to: 65_519 };

/** `own`, `private`, `private:61184-65519`, a user's name, or `uid:gid`. */
export function parseAccount(text: string): Account {
  const [, from, to] = /^private:(\d+)-(\d+)$/.exec(text) ?? [];
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(text) ?? [];
  if (text === 'own') return { kind: 'own' };
  if (text === 'private') return { kind: 'private', ...PRIVATE_UIDS };
  if (from !== undefined && Number(from) > 0 && Number(to) > Number(from))
    return { kind: 'private', from: Number(from), to: Number(to) };
  if (uid !== undefined && Number(uid) > 0)
    return { kind: 'user', name: nameOf(uid) ?? uid, uid: Number(uid), gid: Number(gid) };
  if (!/^[A-Za-z_][\w.-]*\$?$/.test(text)) throw unknown(text, 'it is no name of a user');
  try {
    const id = (flag: string) => Number(execFileSync('id', [flag, text], { encoding: 'utf8', stdio: 'pipe' }));
    return { kind: 'user', name: text, uid: id('-u'), gid: id('-g') };
  } catch (cause) {
    throw unknown(text, 'this machine knows no such user', cause);
  }
}

function nameOf(uid: string): string | undefined {
  try {
    return execFileSync('id', ['-un', uid], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined; // ids need no name
  }
}

function unknown(text: string, why: string, cause?: unknown): InputError {
  return new InputError('OCTO_AGENT_ACCOUNT', `scripts cannot run as "${text}": ${why}`, {
    hint: 'give the name of a user, uid:gid, private, or own',
    ...(cause !== undefined && { cause }),
  });
}

/** Gives each ticket its identity, and takes it back when nothing of it is left. Ids in use are files, as turns are. */
export class Accounts {
  readonly #account: Account;
  readonly #dir: string;
  #next: number;

  constructor(account: Account, dir: string) {
    this.#account = account;
    this.#dir = dir;
    this.#next = account.kind === 'private' ? randomInt(account.from, account.to + 1) : 0;
    if (account.kind === 'private') mkdirSync(dir, { recursive: true, mode: 0o700 });
  }

  /** True when scripts run as somebody else than this process. */
  get isOther(): boolean {
    return this.#account.kind !== 'own';
  }

  /** Somebody like those that scripts will run as. */
  get probe(): Identity | undefined {
    const account = this.#account;
    if (account.kind === 'own') return undefined;
    if (account.kind === 'user') return { uid: account.uid, gid: account.gid, name: account.name, isPrivate: false };
    return privateIdentity(account.from);
  }

  /** Undefined: as this process. */
  take(ticket: string): Identity | undefined {
    const account = this.#account;
    if (account.kind === 'own') return undefined;
    if (account.kind === 'user') return this.probe;
    const count = account.to - account.from + 1;
    for (let n = 0; n < count; n++) {
      const uid = this.#next;
      this.#next = uid === account.to ? account.from : uid + 1;
      if (makeOnce(this.#file(uid), ticket)) return privateIdentity(uid);
    }
    throw new InputError('OCTO_AGENT_ACCOUNT', `all ${count} private user ids of this machine are in use`, {
      hint: 'give a wider range: --script-user private:FROM-TO',
    });
  }

  /** May be repeated; quiet about an id that belongs to another ticket by now. */
  release(uid: number, ticket: string): void {
    if (readText(this.#file(uid)) === ticket) rmSync(this.#file(uid), { force: true });
  }

  /** Tickets that hold an id. */
  holders(): readonly { readonly uid: number; readonly ticket: string }[] {
    if (!existsSync(this.#dir)) return [];
    return readdirSync(this.#dir).map((name) => ({
      uid: Number(name),
      ticket: readText(join(this.#dir, name)) ?? '',
    }));
  }

  #file(uid: number): string {
    return join(this.#dir, String(uid));
  }
}

export function privateIdentity(uid: number): Identity {
  return { uid, gid: uid, name: `octo-${uid}`, isPrivate: true };
}

/** Give a prepared workspace to whom its script runs as. What we read ourselves (`exit`, `started`) stays ours. */
export function handTo(workspace: Workspace, { uid, gid }: Identity): void {
  for (const file of [workspace.stdout, workspace.stderr]) {
    writeFileSync(file, '', { mode: 0o600 });
    chownSync(file, uid, gid);
  }
  for (const dir of [workspace.space, workspace.home, workspace.tmp]) chownAll(dir, uid, gid);
  chmodSync(workspace.dir, 0o711); // its own folders are reached through it, and its name cannot be guessed
}

function chownAll(path: string, uid: number, gid: number): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) chownAll(join(path, entry.name), uid, gid);
    else lchownSync(join(path, entry.name), uid, gid);
  }
  chownSync(path, uid, gid);
}

/** Full path of a program; undefined where there is none. */
export function findProgram(name: string, path = process.env['PATH'] ?? ''): string | undefined {
  const folders = [...path.split(delimiter), '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return folders
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
