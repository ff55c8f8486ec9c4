import { appendFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Older ones are deleted (halibut.md 7.1). */
const KEPT = 7;

/** Adds a line; the first of a day lays the file of the day before aside. Never throws: what is to be logged goes on. */
export function appendLog(file: string, text: string, now = new Date()): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
    roll(file, dayOf(now));
    appendFileSync(file, `${now.toISOString()} ${text}\n`, { mode: 0o600 });
  } catch {
    // a full disk does not stop an agent from answering
  }
}

function roll(file: string, today: string): void {
  const written = statSync(file, { throwIfNoEntry: false })?.mtime;
  if (written === undefined || dayOf(written) === today) return;
  const name = basename(file, '.txt');
  renameSync(file, join(dirname(file), `${name}.${dayOf(written)}.txt`));
  const isOld = new RegExp(`^${name}\\.\\d{4}-\\d\\d-\\d\\d\\.txt$`);
  const old = readdirSync(dirname(file)).filter((it) => isOld.test(it)).sort(); // prettier-ignore
  for (const one of old.slice(0, -KEPT)) rmSync(join(dirname(file), one), { force: true });
}

const dayOf = (at: Date) => at.toISOString().slice(0, 10);
