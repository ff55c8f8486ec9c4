import { launchOf } from '@octo/testkit';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Reads a script to its end in a process of its own, and prints what that took. */
const PROGRAM = `
  const [root, launch] = JSON.parse(process.argv[1]);
  const { openAgent } = await import(${JSON.stringify(new URL('./agent.ts', import.meta.url).href)});
  const agent = openAgent({ root, clock: Date });
  const signal = AbortSignal.timeout(60_000);
  await agent.start('warm', { ...launch, body: { bash: 'seq 1 1000' } }, signal);
  const turnMs = []; // what each page keeps the thread busy, whoever else works on the same cores
  let { user, system } = process.threadCpuUsage();
  let lines = 0, bytes = 0, pages = 0, heapBytes = 0, bufferBytes = 0, largest = 0;
  let status = await agent.start('big', launch, signal);
  for (; ; pages++) {
    lines += status.lines.length;
    const size = status.lines.reduce((sum, l) => sum + l.text.length + 1, 0);
    bytes += size;
    largest = Math.max(largest, size);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    heapBytes = Math.max(heapBytes, heapUsed);
    bufferBytes = Math.max(bufferBytes, arrayBuffers);
    if (status.state === 'Complete') break;
    status = await agent.status({ ticket: 'big' }, { after: status.next, waitMs: 5000 }, signal);
    await new Promise(setImmediate);
    const now = process.threadCpuUsage();
    turnMs.push((now.user - user + now.system - system) / 1000);
    ({ user, system } = now);
  }
  const delayMs = turnMs.toSorted((a, b) => a - b)[Math.floor(turnMs.length * 0.95)];
  console.log(JSON.stringify({ lines, bytes, pages, heapBytes, bufferBytes, largest, delayMs, end: status.end }));
  await agent.complete({ ticket: 'big' });
  await agent.complete({ ticket: 'warm' });
  await agent[Symbol.asyncDispose]();
`;
const MEBI = 1024 * 1024;

test('200 MB of output pass in pages; neither memory nor the event loop feels them', { timeout: 60_000 }, async () => {
  const root = mkdtempSync(join(tmpdir(), 'octo-big-'));
  try {
    const launch = launchOf(`head -c 198000000 /dev/zero | tr '\\0' x | fold -w 99; echo; echo last`);
    const args = ['--conditions=octo-source', '--input-type=module', '-e', PROGRAM, JSON.stringify([root, launch])];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const seen = JSON.parse(stdout) as Record<string, number>;
    expect(seen).toMatchObject({ lines: 2_000_001, bytes: 200_000_005, end: 'exited' });
    expect(seen['largest']).toBeLessThan(MEBI / 2);
    expect(seen['heapBytes']).toBeLessThan(96 * MEBI);
    expect(seen['bufferBytes']).toBeLessThan(96 * MEBI);
    expect(seen['delayMs']).toBeLessThan(20);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
