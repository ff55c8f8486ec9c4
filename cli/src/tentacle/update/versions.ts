import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../files.ts';

/** What became of the last update, for whoever asked for it. */
export interface UpdateOutcome {
  readonly state: 'probing' | 'done' | 'failed';
  readonly version: string;
  readonly why?: string;
}
/** The version that this instance runs instead of the installed one, and how its starts have gone. */
export interface VersionState {
  readonly current?: { readonly version: string; readonly path: string };
  /** Starts of `current` that have not stayed up yet. */
  readonly attempts: number;
  readonly outcome?: UpdateOutcome;
}
const NONE: VersionState = { attempts: 0 };

export function versionsFolder(home: string): string {
  return join(home, 'Versions');
}
export function programOf(home: string, version: string): string {
  return join(versionsFolder(home), version, 'tentacle');
}

export function readVersions(home: string): VersionState {
  try {
    return JSON.parse(readFileSync(join(versionsFolder(home), 'state.json'), 'utf8')) as VersionState; // written below
  } catch {
    return NONE;
  }
}
/** Whole or not at all: a machine that is switched off in the middle has the one before. */
export function writeVersions(home: string, change: Partial<VersionState>): VersionState {
  const state = { ...readVersions(home), ...change };
  writeWhole(join(versionsFolder(home), 'state.json'), `${JSON.stringify(state)}\n`);
  return state;
}

/** Whether `a` is newer than `b`: 1.10.0 than 1.9.3, and 1.0.0 than 1.0.0-rc.1. */
export function isNewer(a: string, b: string): boolean {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (const n of [0, 1, 2])
    if (left.numbers[n] !== right.numbers[n]) return (left.numbers[n] ?? 0) > (right.numbers[n] ?? 0);
  if (left.rest === right.rest) return false;
  return left.rest === '' || (right.rest !== '' && left.rest > right.rest);
}
function partsOf(version: string) {
  const [core = '', ...rest] = version.split('-');
  return { numbers: core.split('.').map((it) => Number(it) || 0), rest: rest.join('-') };
}
