import { spawn, type ChildProcess } from 'node:child_process';
import { type Io } from '../command.ts';
import { type Candidate } from './updater.ts';

/** Present in the environment of an agent on probation. */
export const PROBATION = 'OCTO_TENTACLE_PROBATION';
/** The version that was switched to: it does not look for another one again. */
export const SWITCHED = 'OCTO_TENTACLE_SWITCHED';
/** So long a new agent has to be reached by a server that it trusts, or to reach one. */
const PROVE_MS = 60_000;
const END_MS = 10_000;
const PROVED = 'proved\n';

/**
 * Let the new program serve in the place of this one, as its child. Undefined: a server has talked with it. Else why it is
 * not good; then it is dead, and this one serves again.
 */
export async function onProbation(
  { path, version }: Candidate,
  io: Io,
  signal: AbortSignal,
): Promise<string | undefined> {
  const child = spawn(path, [...io.args], {
    env: { ...io.env, [PROBATION]: version },
    cwd: io.cwd,
    stdio: ['pipe', 'inherit', 'inherit', 'pipe'],
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`it cannot be started: ${error.message}`));
    child.once('exit', (code, by) => resolve(`it ended by itself (${by ?? `exit code ${code}`})`));
  });
  const proved = new Promise<undefined>((resolve) => {
    let said = '';
    child.stdio[3]?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(PROVED)) resolve(undefined);
    });
  });
  const late = new Promise<string>((resolve) => {
    setTimeout(() => resolve(`no server that it trusts talked with it within ${PROVE_MS / 1_000} s`), PROVE_MS).unref();
    signal.addEventListener('abort', () => resolve('the agent was stopped meanwhile'), { once: true });
  });
  const why = await Promise.race([ended, proved, late]);
  await stop(child, ended);
  return why;
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), END_MS);
  await ended;
  clearTimeout(limit);
}

/** Of a new agent: tells its parent that it works; its end, when the parent is gone. */
export async function probationOf(io: Io, stop: AbortController): Promise<(() => void) | undefined> {
  if (io.env[PROBATION] === undefined) return undefined;
  process.stdin.once('end', () => stop.abort()).once('error', () => stop.abort());
  process.stdin.resume();
  const { createWriteStream } = await import('node:fs');
  const pipe = createWriteStream('', { fd: 3 }).on('error', () => {}); // the parent is gone: so is this one
  let isTold = false;
  return () => {
    if (!isTold) pipe.write(PROVED);
    isTold = true;
  };
}
