import { type IncomingStream } from '@octo/halibut';
import { type Launch, type LaunchFile } from '@octo/kernel';
import { Reading } from '../reading.ts';
import { ISOLATIONS, spanOf, splitArguments } from '../script-messages.ts';
import { encrypted } from './encrypted.ts';

/** A launch out of a start command of either version (halibut.md 5.5, 5.6, 7.2, 7.3). */
export function readLaunch(value: unknown, signal: AbortSignal): Launch {
  const it = new Reading(value, 'a start command');
  const scripts = it.get('Scripts') === undefined ? undefined : it.inside('Scripts');
  const timeoutMs = spanOf(it, 'ScriptIsolationMutexTimeout') ?? 0;
  const body = scripts?.text('Bash') ?? scripts?.text(BASH) ?? it.text('ScriptBody') ?? '';
  return {
    taskId: it.text('TaskId') ?? '',
    body: { bash: body.replaceAll('\r\n', '\n') },
    arguments: splitArguments(it.texts('Arguments').join(' ')),
    files: it.list('Files').map((file) => readFile(new Reading(file, 'a script file'), signal)),
    isolation: {
      exclusive: it.choice('Isolation', ISOLATIONS) === 'FullIsolation',
      mutex: it.text('IsolationMutexName') || 'RunningScript',
      ...(timeoutMs > 0 && timeoutMs < NONE_MS && { timeoutMs }),
    },
  };
}
/** Number of `ScriptType.Bash`: a name or a number may be a key (3.4, 5.1). */
const BASH = '1';
/** .NET's longest wait stands for none; zero does, too (7.5). */
const NONE_MS = 2_147_483_647;

function readFile(it: Reading, signal: AbortSignal): LaunchFile {
  const stream = it.get('Contents') as IncomingStream | undefined; // the contract says so
  const plain = { sizeBytes: stream?.lengthBytes ?? 0, open: () => stream?.read(signal) ?? nothing() };
  const password = it.text('EncryptionPassword');
  return {
    name: (it.text('Name') ?? '').replaceAll('\\', '/'),
    content: password ? encrypted(plain, password) : plain,
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
