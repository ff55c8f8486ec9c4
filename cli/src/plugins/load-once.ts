import { PluginError } from '@octo/kernel';
import { fork, type ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { type Description } from './description.ts';
import { makeScratch, sweepScratch } from './scratch.ts';

/** What `octo plugin probe` sends to its parent. */
export type Answer =
  | { readonly plugin: Description }
  | { readonly refused: { readonly code: string; readonly message: string; readonly hint: string | undefined } };

/**
 * Load a plugin for the first time, in a process of its own: one that hangs, ends the process or breaks it hurts
 * nobody. What it prints is shown only if it fails.
 */
export async function loadOnce(
  name: string,
  { copy, folder, limitMs }: { readonly copy: string; readonly folder: string; readonly limitMs: number },
): Promise<Description> {
  await sweepScratch(tmpdir());
  const scratch = await makeScratch(tmpdir()); // the plugin's, for one that is killed tidies nothing up
  // A group of its own, so that what it started ends with it.
  const child = fork(process.argv[1] ?? '', ['plugin', 'probe', name, '--copy', copy, '--folder', folder], {
    detached: true,
    env: { ...process.env, TMPDIR: scratch, TMP: scratch, TEMP: scratch },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  try {
    const answer = await answerOf(child, name, limitMs);
    if ('plugin' in answer) return answer.plugin;
    const { code, message, hint } = answer.refused;
    throw new PluginError(code as `OCTO_${string}`, message, { ...(hint !== undefined && { hint }) }); // was an OctoError
  } finally {
    endGroup(child);
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

function answerOf(child: ChildProcess, name: string, limitMs: number): Promise<Answer> {
  let said = '';
  const hear = (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-2_000));
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(hangs(name, limitMs)), limitMs);
    child.once('message', (answer) => resolve(answer as Answer)); // our own program sent it
    child.once('error', reject);
    child.once('close', (code, signal) => reject(ended(name, code ?? signal, said)));
    child.once('close', () => clearTimeout(timer));
  });
}

function endGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // gone already
  }
}

function hangs(name: string, limitMs: number): PluginError {
  return new PluginError('OCTO_PLUGIN_HANGS', `${name} was not loaded within ${limitMs / 1_000} s`, {
    hint: 'a plugin must not wait for anything when it is imported: work belongs into create() or run()',
  });
}

function ended(name: string, how: number | string | null, said: string): PluginError {
  const words = said.trim().split('\n').slice(-3).join('; ');
  const message = `${name} ended the process while it was loaded (${how})${words === '' ? '' : `: ${words}`}`;
  return new PluginError('OCTO_PLUGIN_BROKEN', message);
}
