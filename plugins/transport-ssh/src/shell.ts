import { randomBytes } from 'node:crypto';
import { type ClientChannel } from 'ssh2';
import { type OpenShell } from './connection.ts';
import { MACHINE } from './machine.ts';
import { sshError } from './errors.ts';
import { word } from './words.ts';

/** The answer to one command. */
export interface Reply {
  readonly words: readonly string[];
  readonly bytes: Buffer;
}

/** What the machine says of itself when a shell begins. */
export interface Hello {
  readonly system: string;
  readonly processor: string;
  readonly libc: string;
  /** False: printf is a program, whose words everybody on the machine can read. */
  readonly keepsWords: boolean;
  readonly bash?: string;
  /** Full path of the folder of octo's files. */
  readonly root: string;
}

interface Pending {
  readonly id: string;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

/** What is kept of what a machine says before the first answer, or as errors: for the message of a failure. */
const NOISE_BYTES = 2_000;
const MARK = /(?:^|\n)octo (\S+) (\d+) ([^\n]*)\n/;
/** What goes beyond the longest page is no answer of ours. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * One `/bin/sh` behind one channel, which reads commands and answers one after the other (see machine.ts). It is kept and
 * used again: a command in a waiting shell costs a round trip, a new channel several.
 */
export class Shell implements Disposable {
  readonly #channel: ClientChannel;
  readonly #host: string;
  #chunks: Buffer[] = [];
  #held = 0;
  #pending: Pending | undefined;
  #last: Promise<Reply> | undefined;
  #needs = 0;
  #head:
    | { readonly id: string; readonly words: readonly string[]; readonly from: number; readonly size: number }
    | undefined;
  #noise = '';
  #ids = 0;
  readonly #hasExited: () => boolean;
  #over: Error | undefined;

  constructor({ channel, hasExited }: OpenShell, host: string) {
    this.#channel = channel;
    this.#hasExited = hasExited;
    this.#host = host;
    channel.on('data', (chunk: Buffer) => this.#take(chunk));
    channel.stderr.on('data', (chunk: Buffer) => this.#hear(chunk));
    channel.on('error', () => {}); // 'close' follows
    channel.on('close', () => this.#end());
  }

  get isOver(): boolean {
    return this.#over !== undefined;
  }
  get isBusy(): boolean {
    return this.#pending !== undefined;
  }

  /** Teach it the machine's side; `root` is relative to the account's home, or absolute. */
  async begin(root: string): Promise<Hello> {
    const { words } = await this.ask(
      (id) => `${MACHINE}\nocto_hello ${id} ${word(root)} ${randomBytes(9).toString('hex')}x`,
    );
    const [system = '', processor = '', libc = '', print = '', bash = '', ...path] = words;
    if (path.length === 0) throw sshError('OCTO_TRANSPORT_SSH_DISK', `${this.#host} does not let ${root} be made`, {
        hint: 'free disk space there, or name another folder: octo worker edit NAME --folder PATH',
        isReached: true,
      }); // prettier-ignore
    return {
      system,
      processor,
      libc,
      keepsWords: print === 'builtin',
      root: path.join(' '),
      ...(bash !== 'none' && { bash }),
    };
  }

  /**
   * One command at a time: the next is given when this one is answered. In braces it is carried out whole, or, where the
   * connection ends in the middle of it, not at all.
   */
  ask(command: (id: string) => string): Promise<Reply> {
    const id = String(++this.#ids);
    this.#last = new Promise<Reply>((resolve, reject) => {
      if (this.#over) return reject(this.#over);
      this.#pending = { id, resolve, reject };
      this.#channel.write(`{ ${command(id)}\n}\n`);
    });
    return this.#last;
  }

  /** Resolves when nothing is asked any more: it was answered, or the shell is over. */
  async settled(): Promise<void> {
    await this.#last?.catch(() => {});
  }

  /** Ends the wait of a command that waits for news. To all else it is an empty line. */
  nudge(): void {
    if (!this.#over) this.#channel.write('\n');
  }

  [Symbol.dispose](): void {
    this.#fail(sshError('OCTO_TRANSPORT_SSH_CUT', `the connection to ${this.#host} was closed`, { isPassing: true }));
    this.#channel.close();
  }

  #hear(chunk: Buffer): void {
    this.#noise = (this.#noise + chunk.toString('utf8')).slice(-NOISE_BYTES);
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#needs) return;
    const all = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    this.#chunks = [all];
    this.#head ??= this.#readHead(all);
    if (!this.#head) return;
    const { id, words, from, size } = this.#head;
    this.#needs = from + size;
    if (this.#held < this.#needs) return;
    this.#head = undefined;
    this.#needs = 0;
    const rest = all.subarray(from + size);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#held = rest.length;
    const pending = this.#pending;
    if (pending?.id !== id) return;
    this.#pending = undefined;
    pending.resolve({ words, bytes: all.subarray(from, from + size) });
  }

  /** What comes before the first answer is what login scripts say: noise. */
  #readHead(all: Buffer) {
    const text = all.toString('latin1', 0, 65_536);
    const found = MARK.exec(text);
    if (!found) {
      if (all.length > 65_536) this.#fail(notOurs(this.#host, text));
      this.#noise = text.slice(-NOISE_BYTES);
      return undefined;
    }
    const [whole, id = '', size = '', words = ''] = found;
    if (Number(size) > MOST_BYTES) this.#fail(notOurs(this.#host, whole));
    const decoded = Buffer.from(words, 'latin1').toString('utf8');
    return { id, words: decoded.split(' '), from: found.index + whole.length, size: Number(size) };
  }

  #end(): void {
    const isRefused = this.#ids <= 1 && this.#hasExited(); // where the connection was cut, nobody says how it ended
    this.#fail(isRefused ? notOurs(this.#host, this.#noise) : sshError('OCTO_TRANSPORT_SSH_CUT', `the connection to ${this.#host} was cut`, { isPassing: true })); // prettier-ignore
  }

  #fail(error: Error): void {
    this.#over ??= error;
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(this.#over);
  }
}

function notOurs(host: string, said: string): Error {
  const words = said.replaceAll(/\s+/g, ' ').trim().slice(-200);
  return sshError('OCTO_TRANSPORT_SSH_SHELL', `${host} did not let /bin/sh be run: ${words || 'it ended at once'}`, {
    hint: 'the account needs a login shell and no forced command',
    isReached: true,
  });
}
