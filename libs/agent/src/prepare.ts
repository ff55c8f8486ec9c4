import { InputError, type Launch } from '@octo/kernel';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type LaunchRecord } from './script-run.ts';
import { storeFile } from './transfer.ts';
import { syncFolder, writeWhole } from './whole-file.ts';
import { workspaceAt } from './workspace.ts';

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
  await rm(draft, { recursive: true, force: true });
  const workspace = workspaceAt(draft);
  for (const dir of [draft, workspace.space, join(draft, 'home'), join(draft, 'tmp')]) mkdirSync(dir, { mode: 0o700 });
  try {
    writeFileSync(workspace.body, bash.replaceAll('\r\n', '\n'), { mode: 0o600 });
    if (launch.arguments?.length)
      writeFileSync(join(draft, 'arguments'), `set -- ${launch.arguments.map(quote).join(' ')}\n`);
    for (const { name, content } of launch.files ?? [])
      await storeFile(workspace.space, name, content, { isDurable: false }, signal);
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

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
