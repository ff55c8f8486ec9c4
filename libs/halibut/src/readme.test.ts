import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

test('what the README shows runs, and says what it says', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, program = ''] = /```ts\n([^]*?)```/.exec(readme) ?? [];
  const file = new URL(`./readme-${process.pid}.generated.ts`, import.meta.url).pathname; // where the package's own name resolves
  await writeFile(file, program);
  onTestFinished(() => rm(file, { force: true }));
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=octo-source', file]);
  const told = [...program.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, text]) => text);
  expect(stdout.trim().split('\n')).toEqual(told);
  expect(told).toHaveLength(2);
});
