import { type Bytes, InputError, type Launch } from '@octo/kernel';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type LaunchRecord } from './script-run.ts';
import { storeFile } from './transfer.ts';
import { syncFolder, writeWhole } from './whole-file.ts';
import { inside, workspaceAt } from './workspace.ts';

const SMALL_BYTES = 256 * 1024;

/**
 * Lay everything that a launch needs, then give the folder its name: a workspace that has its name is whole, and its
 * record is on the disk before anything starts (R143).
 */
export async function prepare(
  work: string,
  ticket: string,
  launch: Launch,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { bash } = launch.body;
  if (bash === undefined)
    throw new InputError('OCTO_AGENT_SHELL', 'this machine runs bash, and the launch has no body for it');
  const draft = join(work, `.${ticket}`);
  if (existsSync(draft)) await rm(draft, { recursive: true, force: true });
  const workspace = workspaceAt(draft);
  for (const dir of [draft, workspace.space, join(draft, 'home'), join(draft, 'tmp')]) mkdirSync(dir, { mode: 0o700 });
  try {
    writeFileSync(workspace.body, bash.replaceAll('\r\n', '\n'), { mode: 0o600 });
    if (launch.arguments?.length)
      writeFileSync(join(draft, 'arguments'), `set -- ${launch.arguments.map(quote).join(' ')}\n`);
    for (const { name, content } of launch.files ?? []) await layFile(workspace.space, name, content, signal);
    const { taskId, isolation, fence } = launch;
    const record: LaunchRecord = { taskId, isolation, createdAtMs: nowMs, ...(fence !== undefined && { fence }) };
    await writeWhole(workspace.record, JSON.stringify(record));
    signal.throwIfAborted();
    renameSync(draft, join(work, ticket));
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  await syncFolder(work);
}

/** Small files, which most are, are written in one go: a file costs less time than a turn of the thread pool. */
async function layFile(space: string, name: string, content: Bytes, signal: AbortSignal): Promise<void> {
  if (content.sizeBytes > SMALL_BYTES) {
    await storeFile(space, name, content, { isDurable: false }, signal);
    return;
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of content.open()) chunks.push(chunk);
  const file = inside(space, name);
  if (dirname(file) !== space) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, Buffer.concat(chunks), { mode: 0o600 });
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
