import { type AgentUpdater } from '@octo/tentacle/agent';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { programOf, readVersions, writeVersions } from './versions.ts';

export interface Candidate {
  readonly version: string;
  readonly path: string;
}
const run = promisify(execFile);
/** Longest that a new program may take to say which version it is. */
const SAY_MS = 20_000;
/** The answer to whoever asked leaves before the agent does. */
const ANSWER_MS = 300;

/**
 * Takes a new program in: looks whether it is what was announced and starts at all, and then hands it to `take`, which
 * lets it serve on probation (probation.ts). What runs meanwhile goes on: scripts belong to no agent process (I17).
 */
export class Updater implements AgentUpdater {
  readonly #home: string;
  readonly #own: string;
  readonly #take: (candidate: Candidate) => void;
  #isBusy = false;

  constructor(home: string, ownVersion: string, take: (candidate: Candidate) => void) {
    this.#home = home;
    this.#own = ownVersion;
    this.#take = take;
  }

  status() {
    return { version: this.#own, ...outcomeOf(this.#home) };
  }

  async begin({ version, path, sha256 }: { readonly version: string; readonly path: string; readonly sha256: string }) {
    const refused = (why: string) => ({ state: 'refused' as const, why });
    if (version === this.#own) return { state: 'current' as const };
    if (!/^\d+\.\d+\.\d+[\w.-]*$/.test(version)) return refused(`"${version}" is no version`);
    if (typeof process.execve !== 'function') return refused('a running program cannot be replaced on this system');
    if (this.#isBusy) return refused('another update is under way');
    this.#isBusy = true;
    const program = programOf(this.#home, version);
    try {
      if ((await hashOf(path)) !== sha256) throw new Error('the program arrived damaged');
      await mkdir(dirname(program), { recursive: true, mode: 0o700 });
      await copyFile(path, program);
      await chmod(program, 0o700);
      await rm(path, { force: true });
      const said = (await run(program, ['version'], { timeout: SAY_MS })).stdout.trim();
      if (!said.split(/\s+/).includes(version))
        throw new Error(`it says that it is ${said.slice(0, 100)}, not ${version}`);
    } catch (error) {
      this.#isBusy = false;
      await rm(dirname(program), { recursive: true, force: true });
      const why = `the new program does not work here: ${(error as Error).message.split('\n')[0]}`;
      writeVersions(this.#home, { outcome: { state: 'failed', version, why } });
      return refused(why);
    }
    writeVersions(this.#home, { outcome: { state: 'probing', version } });
    setTimeout(() => this.#take({ version, path: program }), ANSWER_MS);
    return { state: 'accepted' as const };
  }

  /** It was tried and is not kept: the next one may come. */
  async refuse({ version, path }: Candidate, why: string): Promise<void> {
    this.#isBusy = false;
    writeVersions(this.#home, { outcome: { state: 'failed', version, why } });
    await rm(dirname(path), { recursive: true, force: true });
  }
}

function outcomeOf(home: string) {
  const { outcome } = readVersions(home);
  return outcome ? { outcome } : {};
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
