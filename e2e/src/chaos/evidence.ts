import { type ArtifactResource, type LogLineResource, type TaskState } from '@octo/api';
import { globSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Home } from '../setup/octo.ts';
import { workOf } from './machine.ts';
import { type TaskPlan } from './scenario.ts';

export type Line = Pick<LogLineResource, 'seq' | 'activityId' | 'text'>;

/** What can be seen of a task from outside once everything is over. */
export interface TaskEvidence {
  readonly plan: TaskPlan;
  readonly state: TaskState;
  readonly errorCode: string | null;
  readonly errorMessage: string;
  /** What the server answered to the cancel that got an answer. */
  readonly cancelAnswer: TaskState | undefined;
  /** Lines that were shown to a watcher before, between and after the kills. */
  readonly watched: readonly Line[];
  readonly log: readonly Line[];
  readonly outputs: readonly { readonly action: string; readonly name: string; readonly value: string | null }[];
  readonly artifacts: readonly (Pick<ArtifactResource, 'name'> & { readonly content: string | undefined })[];
  /** Lines of the witness file of each action. */
  readonly witnesses: readonly (readonly string[])[];
}
export interface Evidence {
  readonly tasks: readonly TaskEvidence[];
  /** Tasks of the server; there must be as many as were sent. */
  readonly taskCount: number;
  readonly workspaces: readonly string[];
  readonly processes: readonly string[];
}

export async function readWitnesses(folder: string, { name, actions }: TaskPlan): Promise<string[][]> {
  return Promise.all(
    actions.map(async (_, n) => {
      const text = await readFile(join(folder, `${name}${n + 1}`), 'utf8').catch(() => '');
      return text.split('\n').filter((line) => line !== '');
    }),
  );
}

export async function workspacesOf(home: Home): Promise<string[]> {
  const folders = [join(home.data, 'machine', 'work'), ...workOf(home)];
  return (await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])))).flat();
}

/** Processes whose environment or command line names the folder: scripts, supervisors, spawners and servers of it. */
export function processesOf(home: Home): { readonly pid: number; readonly command: string }[] {
  return globSync('/proc/[0-9]*').flatMap((dir) => {
    const command = readProc(dir, 'cmdline');
    const names = command.includes(home.dir) || readProc(dir, 'environ').includes(home.dir);
    const pid = Number(dir.slice('/proc/'.length));
    return names && pid !== process.pid ? [{ pid, command: command.replaceAll('\0', ' ').slice(0, 200) }] : [];
  });
}
function readProc(dir: string, file: string): string {
  try {
    return readFileSync(join(dir, file), 'latin1');
  } catch {
    return ''; // it has ended, or is somebody else's
  }
}
