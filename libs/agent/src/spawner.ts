import { TransportError } from '@octo/kernel';
import { spawn, type ChildProcess } from 'node:child_process';

/**
 * The spawner's program. It reads one folder per line and forks a supervisor for each, which:
 * - claims the ticket by making `started` with noclobber, so that of two supervisors one gives up: at most one start;
 * - runs the body in a process group of its own, both streams on files, so that nothing of ours is in the data path;
 * - survives a `kill 0` or SIGTERM of the script (trapped here, default again in the script), and leaves the exit code.
 * Job control (`set -m`) gives each its own process group without another program. When its input closes the spawner
 * ends; supervisors and scripts go on.
 */
const PROGRAM = String.raw`
set -m
supervise() {
  cd "$1" || exit 1
  local pid stat='' boot='' got=0 code
  pid=$BASHPID
  if [ -z "$pid" ]; then pid=$(sh -c 'echo $PPID'); fi
  if [ -r "/proc/$pid/stat" ]; then read -r stat < "/proc/$pid/stat"; read -r boot < /proc/sys/kernel/random/boot_id; fi
  set -C
  { printf '%s %s %s\n' "$pid" "$boot" "$stat" > started; } 2>/dev/null || exit 0
  set +C
  export HOME="$1/home" TMPDIR="$1/tmp" TMP="$1/tmp" TEMP="$1/tmp" OCTO_TICKET="$2"
  set --
  if [ -f arguments ]; then . ./arguments; fi
  unset OLDPWD
  cd space || exit 1
  trap 'got=1' TERM INT HUP
  bash ./Bootstrap.sh "$@" </dev/null >>../stdout.log 2>>../stderr.log &
  while :; do
    got=0
    wait $!
    code=$?
    if [ "$got" = 0 ]; then break; fi
  done
  printf '%s\n' "$code" > ../exit
}
while IFS=' ' read -r ticket dir; do
  ( supervise "$dir" "$ticket" ) </dev/null >/dev/null 2>&1 &
  disown
done
`;

export interface SpawnerOptions {
  /** The whole environment of scripts, before what is theirs alone is added. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Starts supervisors through one tiny, long-lived shell. Forking from it costs the same however large this process has
 * grown, and does not block this process's event loop (perf.md, finding 1). It is started anew when it has died.
 */
export class Spawner implements AsyncDisposable {
  readonly #options: SpawnerOptions;
  #shell: ChildProcess | undefined;

  constructor(options: SpawnerOptions) {
    this.#options = options;
  }

  /** Hand a prepared folder over. Resolves once the shell has it. */
  async launch(ticket: string, dir: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      const shell = (this.#shell ??= this.#open());
      try {
        await write(shell, `${ticket} ${dir}\n`);
        return;
      } catch (cause) {
        this.#shell = undefined;
        if (tries < 3) continue; // the noclobber guard makes it safe to hand it to another one
        throw new TransportError('OCTO_TRANSPORT_SPAWNER', 'bash, which starts the scripts, cannot be run', {
          started: 'no',
          hint: 'install bash and put it on the PATH',
          cause,
        });
      }
    }
  }

  /** Process id of the shell, for tests and for the curious. */
  get pid(): number | undefined {
    return this.#shell?.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#shell?.stdin?.end();
    this.#shell = undefined;
  }

  #open(): ChildProcess {
    const shell = spawn('bash', ['--norc', '--noprofile', '-c', PROGRAM, 'octo-spawner'], {
      cwd: '/',
      env: this.#options.environment,
      detached: true, // a session of its own: neither a terminal's Ctrl-C nor our end reaches it
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    shell.unref();
    (shell.stdin as { unref?(): void } | null)?.unref?.();
    const forget = () => {
      if (this.#shell === shell) this.#shell = undefined;
    };
    shell.once('exit', forget).once('error', forget);
    shell.stdin?.on('error', forget);
    return shell;
  }
}

function write({ stdin, pid }: ChildProcess, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!stdin || pid === undefined) reject(new Error('it did not start'));
    else stdin.write(line, (error) => (error ? reject(error) : resolve()));
  });
}
