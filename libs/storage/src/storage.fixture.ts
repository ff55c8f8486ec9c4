import { type TaskRequest } from '@octo/plane';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StorageOptions } from './storage.ts';

export async function tempFolder(): Promise<AsyncDisposable & { readonly dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'octo-storage-'));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true, maxRetries: 5 }) };
}

export const AT = { nowMs: 1, untilMs: 2 };
export const request: TaskRequest = {
  name: 'AdHocScript',
  description: 'd',
  actions: [{ name: 'a', type: 'Octopus.Script', properties: { Body: 'planted-in-the-body' } }],
  variables: [{ name: 'P', value: 'planted-in-a-variable', sensitive: true }],
};

export interface Child extends AsyncDisposable {
  /** The next line that it writes; rejects when it ends without one. */
  line(): Promise<string>;
  /** A line for it to read. */
  say(text: string): void;
  /** Kill -9, and gone when it resolves. */
  kill(): Promise<void>;
  /** Exit code and all that it has written, once it has ended by itself. */
  end(): Promise<readonly [number | null, string]>;
}

/** A process of its own on a data folder, or as `options` say. Its code finds the opened storage as `s`, and `request` and `AT`. */
export function startChild(on: string | StorageOptions, code: string, flags: readonly string[] = []): Child {
  const options: StorageOptions = typeof on === 'string' ? { dataDir: on } : on;
  const program = `
    import { openStorage } from ${JSON.stringify(new URL('./storage.ts', import.meta.url).href)};
    const request = ${JSON.stringify(request)}, AT = ${JSON.stringify(AT)};
    const s = await openStorage(${JSON.stringify(options)});
    ${code}`;
  const args = [...flags, '--conditions=octo-source', '--input-type=module', '-e', program];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  let readTo = 0;
  const line = async (): Promise<string> => {
    for (;;) {
      const end = output.indexOf('\n', readTo);
      if (end >= 0) return output.slice(readTo, (readTo = end + 1) - 1);
      const isOver = await Promise.race([ended.then(() => true), once(child.stdout, 'data').then(() => false)]);
      if (isOver && !output.includes('\n', readTo)) throw new Error(`it ended after: ${output}`);
    }
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const end = async () => {
    await ended;
    return [child.exitCode, output] as const;
  };
  const say = (text: string) => void child.stdin.write(`${text}\n`);
  return { line, say, kill, end, [Symbol.asyncDispose]: kill };
}
