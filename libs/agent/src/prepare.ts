import { type Bytes, InputError, type Launch } from '@octo/kernel';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { handTo, type Identity } from './account.ts';
import { BOOT } from './process-id.ts';
import { type LaunchRecord, type Result } from './record.ts';
import { quoteWord } from './shell-words.ts';
import { readWhole, storeFile } from './transfer.ts';
import { syncFolder, writeDurably, writeWhole } from './whole-file.ts';
import { inside, type Workspace, workspaceAt } from './workspace.ts';

/** Files up to this size are looked through for names of the streams: no script is larger. */
const SCRIPT_BYTES = 1024 * 1024;

const SMALL_BYTES = 256 * 1024;

/** Where a launch is prepared, and as whom it will run. */
export interface Place {
  readonly work: string;
  readonly ticket: string;
  readonly nowMs: number;
  readonly identity: Identity | undefined;
  /** Text of the file `as`. */
  readonly wordsFor: (identity: Identity, tmp: string) => string;
}

/** A folder being made under another name, which is given its own in one step, or not at all. */
interface Draft {
  readonly work: string;
  readonly ticket: string;
  readonly record: LaunchRecord;
  readonly fill: (workspace: Workspace) => Promise<void>;
}

/**
 * Lay everything that a launch needs, then give the folder its name: a workspace that has its name is whole, and its
 * record is on the disk before anything starts (R143). False when somebody else has made it first.
 */
export function prepare(place: Place, launch: Launch, signal: AbortSignal) {
  const { work, ticket, nowMs, identity, wordsFor } = place;
  const { taskId, isolation, fence, limits, files = [] } = launch;
  const record = {
    taskId,
    isolation,
    createdAtMs: nowMs,
    boot: BOOT,
    secrets: files.filter((f) => f.secret).map((f) => f.name),
    ...(fence !== undefined && { fence }),
    ...(limits && { limits }),
    ...(identity && { identity }),
  };
  const fill = async (workspace: Workspace) => {
    for (const dir of [workspace.space, workspace.home, workspace.tmp]) mkdirSync(dir, { mode: 0o700 });
    layScript(workspace, launch);
    for (const { name, content } of files) {
      refuseOwnName(workspace, name);
      await layFile(inside(workspace.space, name), content, signal);
    }
    if (namesItsStreams(workspace, launch)) writeFileSync(workspace.piped, '', { mode: 0o600 });
    if (identity) {
      writeFileSync(workspace.as, wordsFor(identity, join(work, ticket, 'tmp')), { mode: 0o600 });
      handTo(workspace, identity);
    }
    signal.throwIfAborted();
  };
  return publish({ work, ticket, record, fill });
}

/** Leave a ticket that has ended before it was heard of: a start that comes later does not run. False as above. */
export function bury(work: string, ticket: string, result: Result, nowMs: number): Promise<boolean> {
  const isolation = { exclusive: false, mutex: '' };
  const record = { taskId: '', isolation, createdAtMs: nowMs, boot: BOOT, secrets: [] };
  return publish({ work, ticket, record, fill: ({ result: file }) => writeWhole(file, JSON.stringify(result)) });
}

async function publish({ work, ticket, record, fill }: Draft): Promise<boolean> {
  const workspace = workspaceAt(join(work, `.${ticket}-${randomBytes(6).toString('hex')}`));
  try {
    mkdirSync(workspace.dir, { mode: 0o700 });
    await fill(workspace);
    await writeDurably(workspace.record, JSON.stringify(record));
    renameSync(workspace.dir, join(work, ticket));
  } catch (error) {
    await rm(workspace.dir, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
  await syncFolder(work);
  return true;
}

function layScript(workspace: Workspace, { body, arguments: words = [] }: Launch): void {
  if (body.bash === undefined)
    throw new InputError('OCTO_AGENT_SHELL', 'this machine runs bash, and the launch has no body for it', {
      hint: 'send the step to a worker that has the shell of its script',
    });
  const text = [body.bash, ...words].join('');
  if (text.includes('\0'))
    throw new InputError('OCTO_AGENT_NUL', 'the body or an argument of the launch holds a NUL byte', {
      hint: 'remove it: no shell can take it',
    });
  writeFileSync(workspace.body, body.bash.replaceAll('\r\n', '\n'), { mode: 0o600 });
  if (words.length > 0)
    writeFileSync(workspace.arguments, `set -- ${words.map(quoteWord).join(' ')}\n`, { mode: 0o600 });
}

/** Small files, which most are, are written in one go: a file costs less time than a turn of the thread pool. */
async function layFile(file: string, content: Bytes, signal: AbortSignal): Promise<void> {
  if (content.sizeBytes > SMALL_BYTES) return storeFile(file, content, { isDurable: false }, signal);
  const bytes = await readWhole(content, signal);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, bytes, { mode: 0o600 });
}

function refuseOwnName(workspace: Workspace, name: string): void {
  if (inside(workspace.space, name) === workspace.body)
    throw new InputError('OCTO_AGENT_PATH', `"${name}" is the name of the launch body`, { hint: 'rename the file' });
}

/** See supervisor.ts: such a script gets pipes. */
function namesItsStreams({ space }: Workspace, { body, files = [] }: Launch): boolean {
  const small = files.map((f) => inside(space, f.name)).filter((file) => statSync(file).size <= SCRIPT_BYTES);
  const texts = [body.bash ?? '', ...small.map((file) => readFileSync(file, 'latin1'))];
  return texts.some((text) => /\/dev\/std(out|err)|\/(dev|self)\/fd\/[12]\b/.test(text));
}
