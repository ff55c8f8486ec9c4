// What bin/tentacle.js and `octo tentacle` start: the agent of a machine, with a command line of its own.
import { type Io } from './command.ts';
import { runTentacle } from './main.ts';

export async function tentacle(args: readonly string[]): Promise<void> {
  const stop = new AbortController();
  const end = () => stop.abort(new Error('interrupted'));
  process.once('SIGINT', end).once('SIGTERM', end);
  const io: Io = {
    write: (text) => void process.stdout.write(text),
    line: (text) => void process.stdout.write(`${text}\n`),
    error: (text) => void process.stderr.write(`${text}\n`),
    args,
    env: process.env,
    cwd: process.cwd(),
    signal: stop.signal,
  };
  process.exitCode = await runTentacle(args, io);
  process.off('SIGINT', end).off('SIGTERM', end);
  process.stdin.pause();
}
