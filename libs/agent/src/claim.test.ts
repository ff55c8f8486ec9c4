import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimFolder } from './claim.ts';
import { BOOT, statOf } from './process-id.ts';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'octo-claim-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const file = () => join(dir, 'agent.pid');

test('a folder that a living process holds is refused, by its number; one of the dead is taken', async () => {
  const other = spawn('sleep', ['60']);
  const { pid = 0 } = other;
  writeFileSync(file(), `${pid} ${statOf(pid)?.startTime} ${BOOT}\n`);
  expect(() => claimFolder(dir)).toThrow(`an agent runs on ${dir} already, as process ${pid}`);
  other.kill('SIGKILL');
  await new Promise((resolve) => other.once('exit', resolve));
  using _ = claimFolder(dir);
  expect(readFileSync(file(), 'utf8')).toMatch(new RegExp(`^${process.pid} `));
});

test.each([
  ['a number that came again', () => `${process.ppid} 1 ${BOOT}\n`],
  ['another boot', () => `${process.ppid} ${statOf(process.ppid)?.startTime} other\n`],
  ['half a line', () => '12'],
])('%s holds nothing', (_, text) => {
  writeFileSync(file(), text());
  claimFolder(dir)[Symbol.dispose]();
  expect(existsSync(file())).toBe(false);
});

test('the same process may take it again, as after it has become another version', () => {
  using _ = claimFolder(dir);
  expect(() => claimFolder(dir)).not.toThrow();
});
