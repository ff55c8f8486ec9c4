import { type Bytes, InputError, type Launch, type LaunchFile, ScriptExit } from '@octo/kernel';
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { word, writing } from './words.ts';

/** Files up to this size travel with the start itself; larger ones before it. */
const INLINE_BYTES = 64 * 1024;
/** Files up to this size are looked through for names of the streams: no script is larger. */
const SCRIPT_BYTES = 1024 * 1024;

export interface Laid {
  /** Path below the folder of the ticket: `space/a b.txt`. */
  readonly path: string;
  readonly bytes: Buffer;
}
export interface PreparedLaunch {
  readonly inline: readonly Laid[];
  readonly large: readonly { readonly path: string; readonly content: Bytes }[];
}

/**
 * Everything that a launch lays, small files in memory. `isOpen`: the machine's printf shows its words to everybody there,
 * so that secrets go another way.
 */
export async function prepare(launch: Launch, isOpen: boolean, signal: AbortSignal): Promise<PreparedLaunch> {
  const inline: Laid[] = [];
  const large: { readonly path: string; readonly content: Bytes }[] = [];
  const texts: string[] = [];
  const body = launch.body.bash;
  if (body === undefined)
    throw new InputError('OCTO_SSH_BODY', 'this script is for PowerShell, and SSH workers run bash', {
      hint: 'write it in Bash or Python, or run it on a worker with PowerShell',
    });
  const files: readonly LaunchFile[] = launch.files ?? [];
  for (const { name, content, secret } of files) {
    const path = `space/${inside(name)}`;
    const bytes = content.sizeBytes <= SCRIPT_BYTES ? await whole(content, signal) : undefined;
    if (bytes) texts.push(bytes.toString('latin1'));
    if (bytes && bytes.length <= INLINE_BYTES && !(secret && isOpen)) inline.push({ path, bytes });
    else large.push({ path, content });
  }
  const script = Buffer.from(body);
  texts.push(body);
  inline.push({ path: 'Bootstrap.sh', bytes: script });
  inline.push({ path: 'args', bytes: Buffer.from(`set -- ${(launch.arguments ?? []).map(quoted).join(' ')}\n`) });
  inline.push({ path: 'record', bytes: Buffer.from(recordOf(launch)) });
  if (texts.some(namesItsStreams)) inline.push({ path: 'piped', bytes: Buffer.alloc(0) });
  return { inline, large };
}

/** Commands that lay them below `$octo_d`, unless the ticket is known or something went wrong before. */
export function laying(files: readonly Laid[]): string {
  const folders = new Set(files.map(({ path }) => posix.dirname(path)).filter((dir) => dir !== '.' && dir !== 'space'));
  const commands = [...folders].map((dir) => `mkdir -p "$octo_d"/${word(dir)}`);
  for (const { path, bytes } of files) commands.push(...writing(bytes, `"$octo_d"/${word(path)}`));
  return `if [ -z "$octo_known$octo_bad" ]; then { ${commands.join(' && ')}; } || octo_bad=1; fi`;
}

/** Words of a file that sh reads: always in quotes, since an empty one is a word, too. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Exclusive, mutex, its limit, ticket, task: see machine.ts. The ticket comes later. */
function recordOf({ isolation, taskId }: Launch): string {
  const mutex = createHash('sha256').update(isolation.mutex).digest('hex').slice(0, 32);
  return `${isolation.exclusive ? 1 : 0} ${mutex} ${Math.ceil(isolation.timeoutMs ?? 0)} @TICKET@ ${taskName(taskId)}\n`;
}
export function withTicket(files: readonly Laid[], ticket: string): readonly Laid[] {
  const named = (text: string) => Buffer.from(text.replace('@TICKET@', ticket));
  return files.map((it) => (it.path === 'record' ? { ...it, bytes: named(it.bytes.toString('utf8')) } : it));
}

/** As a word and the name of a folder. Task ids are such names already. */
export function taskName(taskId: string): string {
  return taskId.replaceAll(/[^A-Za-z0-9_-]/g, '_') || '_';
}

/** A system may open these by name, which empties a plain file: such scripts get pipes. */
function namesItsStreams(text: string): boolean {
  return /\/dev\/std(out|err)|\/(dev|self)\/fd\/[12]\b/.test(text);
}

/** Relative, and inside of where it is laid. */
export function inside(name: string): string {
  const path = posix.normalize(name);
  const isOut = path.startsWith('/') || path === '..' || path.startsWith('../') || path === '.' || path.includes('\0');
  if (isOut || name === '')
    throw new InputError('OCTO_AGENT_PATH', `"${name}" does not stay inside of the workspace`, {
      hint: 'use a relative path without ..',
    });
  return path;
}

async function whole(content: Bytes, signal: AbortSignal): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of content.open()) {
    signal.throwIfAborted();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** What the machine's short words for an end mean to people. */
export function detailOf(end: string, exitCode: number, why: string): string | undefined {
  if (why === 'supervisor') return 'its supervisor was killed: the exit code is lost';
  if (why === 'restart') return 'the machine was restarted meanwhile: whether it ran, and how it ended, is lost';
  if (why === 'no-room' && end === 'exited') return 'the disk of the machine was full, so that lines may be missing';
  if (why === 'no-room') return 'the machine has no room for its files';
  if (end === 'stopped') return 'all of it was seen dead';
  if (end === 'abandoned') return `may still run: process ${why.trim().replaceAll(' ', ', ')}`;
  return exitCode === ScriptExit.MutexTimeout ? 'it waited too long for the isolation mutex' : undefined;
}
