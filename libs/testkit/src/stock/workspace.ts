import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ScriptLog } from './script-log.ts';
import { type RunningScript, STATE } from './running-script.ts';
import { member, StockStream, textMember } from './values.ts';

/** What `scriptstate.json` says (halibut.md 7.7), the parts that are read. */
export interface SavedState {
  readonly Created: string;
  readonly Started: string | null;
  readonly Completed: string | null;
  readonly State: number;
  readonly ExitCode: number | null;
  readonly RanToCompletion: boolean | null;
}

/** The folder of one script, `<home>/Work/<ticket>` (7.2). */
export class Workspace {
  readonly folder: string;
  readonly log: ScriptLog;

  /** Makes the folder, and its log, where they are not there. */
  constructor(home: string, ticket: string) {
    if (!/^[\w-]+$/.test(ticket)) throw new Error(`The ticket '${ticket}' is no name of a folder`);
    this.folder = join(home, 'Work', ticket);
    mkdirSync(this.folder, { recursive: true });
    this.log = new ScriptLog(join(this.folder, 'Output.log'));
  }

  /** Body and files of a start command. */
  prepare(command: unknown): void {
    const body = textMember(member(command, 'Scripts'), 'Bash') ?? textMember(command, 'ScriptBody') ?? '';
    writeFileSync(join(this.folder, 'Bootstrap.sh'), body.replaceAll('\r\n', '\n'));
    const files = member(command, 'Files');
    for (const file of Array.isArray(files) ? (files as readonly unknown[]) : []) this.#write(file);
  }

  get state(): SavedState | undefined {
    if (!existsSync(this.#stateFile)) return undefined;
    return JSON.parse(readFileSync(this.#stateFile, 'utf8')) as SavedState; // written by save()
  }

  /** Replaces the state file in one step. */
  save(script?: Pick<RunningScript, 'state' | 'exitCode'>): void {
    const now = new Date().toISOString();
    const before = this.state;
    const { state = STATE.pending, exitCode = 0 } = script ?? {};
    const isComplete = state === STATE.complete;
    const saved: SavedState = {
      Created: before?.Created ?? now,
      Started: before?.Started ?? (state === STATE.pending ? null : now),
      Completed: isComplete ? now : null,
      State: state,
      ExitCode: isComplete ? exitCode : null,
      RanToCompletion: isComplete ? exitCode >= 0 : null,
    };
    writeFileSync(`${this.#stateFile}.new`, JSON.stringify(saved));
    renameSync(`${this.#stateFile}.new`, this.#stateFile);
  }

  delete(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #stateFile(): string {
    return join(this.folder, 'scriptstate.json');
  }

  #write(file: unknown): void {
    const path = join(this.folder, (textMember(file, 'Name') ?? '').replaceAll('\\', '/'));
    const contents = member(file, 'Contents');
    const bytes = contents instanceof StockStream ? contents.bytes : Buffer.alloc(0);
    const password = textMember(file, 'EncryptionPassword');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, password === undefined ? bytes : encrypted(bytes, password));
  }
}

/** As Calamari reads it (7.2). */
function encrypted(bytes: Buffer, password: string): Buffer {
  const key = pbkdf2Sync(password, 'Octopuss', 1000, 16, 'sha1');
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-128-cbc', key, iv);
  return Buffer.concat([Buffer.from('IV__'), iv, cipher.update(bytes), cipher.final()]);
}
