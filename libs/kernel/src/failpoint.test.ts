import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { FAILPOINTS, parseFail } from './failpoint.ts';

const root = new URL('../../../', import.meta.url).pathname;
const module = new URL('failpoint.ts', import.meta.url).href;

test('every failpoint is placed exactly once in the sources, and what is placed is listed', () => {
  const files = globSync(['{libs,plugins}/*/src/**/*.ts', '{cli,server}/src/**/*.ts'], { cwd: root });
  const placed = files
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(`${root}${file}`, 'utf8').matchAll(/\bfailpoint\('([^']+)'\)/g)])
    .map(([, name]) => name);
  expect(placed.toSorted()).toEqual(Object.keys(FAILPOINTS).toSorted());
});

test.each([
  ['claimed:kill', { name: 'claimed', signal: 'SIGKILL', passesLeft: 1 }],
  ['page-stored:kill@3', { name: 'page-stored', signal: 'SIGKILL', passesLeft: 3 }],
  ['task-ended:stall', { name: 'task-ended', signal: 'SIGSTOP', passesLeft: 1 }],
])('%s is understood', (text, armed) => expect(parseFail(text)).toEqual(armed));

test.each(['', 'claimed', 'claimed:kill@0', 'claimed:burn', 'nowhere:kill', 'toString:kill'])(
  '"%s" is refused, lest a sweep that strikes nothing looks green',
  (text) => expect(() => parseFail(text)).toThrow(expect.objectContaining({ code: 'OCTO_FAILPOINT' }) as Error),
);

/** What a process prints that passes two points, and the signal that it ended by. */
async function pass(fail: string | undefined): Promise<{ stdout: string; signal: string | null }> {
  const code = `import { failpoint } from '${module}';
    for (const n of [1, 2]) { process.stdout.write(String(n)); failpoint('leased'); failpoint('claimed'); }`;
  const { OCTO_FAIL: _, ...env } = process.env;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
    env: { ...env, ...(fail !== undefined && { OCTO_FAIL: fail }) },
  });
  return run.then(
    ({ stdout }) => ({ stdout, signal: null }),
    ({ stdout, signal }: { stdout: string; signal: string }) => ({ stdout, signal }),
  );
}

test('a process dies at the named point, at the pass that was asked for, and nowhere else', async () => {
  const [off, first, second, other] = await Promise.all([
    pass(undefined),
    pass('claimed:kill'),
    pass('claimed:kill@2'),
    pass('completed:kill'),
  ]);
  expect(off).toEqual({ stdout: '12', signal: null });
  expect(first).toEqual({ stdout: '1', signal: 'SIGKILL' });
  expect(second).toEqual({ stdout: '12', signal: 'SIGKILL' });
  expect(other).toEqual({ stdout: '12', signal: null });
});
