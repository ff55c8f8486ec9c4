import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InputError } from '@octo/kernel';
import { findProgram, type Identity, privateIdentity } from './account.ts';
import { quoteWord } from './shell-words.ts';

/** What stands in a private script's world instead of everybody's. */
const SHARED_FOLDERS = ['/tmp', '/var/tmp', '/dev/shm'];

/**
 * `$1` the private temporary folder, `$2` the shared ones that it replaces, then the command. A fresh /proc in which
 * other users' processes do not appear: their command lines may hold what people put there.
 */
const ENTER =
  'mount -t proc -o hidepid=2 proc /proc && for d in $2; do mount --bind "$1" "$d" || exit 126; done && shift 2 && exec "$@"';

/** How far a private script is kept from its neighbours. */
export type Walls = 'user id and namespace' | 'user id';

/**
 * The words before a script's command that make it run as somebody else: util-linux's `setpriv`, and for private ones,
 * where the system lets us, a mount namespace of its own.
 */
export class Enclosure {
  readonly #setpriv: string | undefined;
  readonly #unshare: string | undefined;
  readonly #bash: string;
  readonly #root: string;
  #walls: Walls = 'user id';

  constructor(options: { readonly root: string; readonly bash: string; readonly path: string }) {
    this.#setpriv = findProgram('setpriv', options.path);
    this.#unshare = findProgram('unshare', options.path);
    this.#bash = options.bash;
    this.#root = options.root;
  }

  get walls(): Walls {
    return this.#walls;
  }

  /** Text of the file that a supervisor reads before it starts the script. */
  wordsFor(identity: Identity, tmp: string): string {
    const { name, isPrivate } = identity;
    const words = [...(isPrivate && this.#walls !== 'user id' ? this.#enter(tmp) : []), ...this.#become(identity)];
    return [
      `as=(${words.map(quoteWord).join(' ')})`,
      `mask=${isPrivate ? '077' : '022'}`,
      `export USER=${quoteWord(name)} LOGNAME=${quoteWord(name)}`,
      '',
    ].join('\n');
  }

  /**
   * Prove, as the account itself, that scripts can run and cannot read what is ours; the stage that fails is named
   * (R21, R22). `secret`: a file of ours that exists.
   */
  async prove(identity: Identity, secret: string): Promise<void> {
    const fail = (stage: string, why: string, hint: string) =>
      new InputError('OCTO_AGENT_ACCOUNT', `scripts cannot run as ${identity.name}: ${stage}: ${why}`, { hint });
    if (process.getuid?.() !== 0)
      throw fail(
        'switching',
        'this process may not become another user',
        'start it as root, or leave --script-user out',
      );
    if (!this.#setpriv) throw fail('switching', 'the program setpriv is not there', 'install util-linux');
    const ran = await this.#try([...this.#become(identity), this.#bash, '--norc', '-c', 'echo "$UID"']);
    if (ran.out !== String(identity.uid)) throw fail('running', ran.err || ran.out, 'look at the message of setpriv');
    const place = join(this.#root, 'work');
    const inside = await this.#try([...this.#become(identity), this.#bash, '--norc', '-c', 'cd "$1"', '-', place]);
    if (inside.err)
      throw fail(
        'reaching its folder',
        inside.err,
        `let others pass (chmod o+x) each folder above ${this.#root}, or choose another --data-dir`,
      );
    const peek = await this.#try([...this.#become(identity), this.#bash, '--norc', '-c', 'cat < "$1"', '-', secret]);
    if (!peek.err)
      throw fail('keeping our secrets', `it can read ${secret}`, `take that right away: chmod 600 ${secret}`);
    if (identity.isPrivate) await this.#buildWalls();
  }

  async #buildWalls(): Promise<void> {
    if (!this.#unshare || process.platform !== 'linux') return;
    this.#walls = 'user id and namespace';
    const words = [...this.#enter(this.#root), ...this.#become(privateIdentity(61_184))];
    const tried = await this.#try([...words, this.#bash, '--norc', '-c', 'echo in']);
    if (tried.out !== 'in') this.#walls = 'user id';
  }

  #enter(tmp: string): readonly string[] {
    const shared = SHARED_FOLDERS.filter((folder) => !`${this.#root}/`.startsWith(`${folder}/`));
    const unshare = [this.#unshare ?? 'unshare', '--mount', '--propagation', 'private', '--'];
    return [...unshare, this.#bash, '--norc', '-c', ENTER, 'octo-enter', tmp, shared.join(' ')];
  }

  #become({ uid, gid, isPrivate }: Identity): readonly string[] {
    const groups = isPrivate ? ['--clear-groups', '--no-new-privs', '--inh-caps=-all'] : ['--init-groups'];
    return [this.#setpriv ?? 'setpriv', `--reuid=${uid}`, `--regid=${gid}`, ...groups, '--'];
  }

  async #try([program = '', ...words]: readonly string[]): Promise<{ readonly out: string; readonly err: string }> {
    try {
      const { stdout } = await promisify(execFile)(program, words, { cwd: '/', timeout: 10_000 });
      return { out: stdout.trim(), err: '' };
    } catch (error) {
      const { stderr = '', message } = error as { stderr?: string; message: string };
      return { out: '', err: stderr.trim() || message };
    }
  }
}
