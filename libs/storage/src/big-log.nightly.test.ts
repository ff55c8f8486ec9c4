import { expect, test } from 'vitest';
import { startChild, tempFolder } from './storage.fixture.ts';

test('two hundred megabytes of log pass through a heap of 80', { timeout: 60_000 }, async () => {
  await using folder = await tempFolder();
  const code = `
    await s.tasks.enqueue('Spaces-1', request, { nowMs: 1 });
    const { claim } = await s.tasks.claimNext({ nodeId: 'n', onlyOwn: false }, AT);
    const text = 'x'.repeat(1000);
    const lines = Array.from({ length: 250 }, () => ({ activityId: '1/1', category: 'Info', atMs: 1, text }));
    for (let written = 0; written < 200_000; written += lines.length) await s.journal.append(claim, { lines });
    let read = 0;
    for (let after = 0; ; ) {
      const page = await s.journal.read(claim.taskId, after, 512 * 1024);
      if (page.length === 0) break;
      read += page.length;
      after = page.at(-1).seq;
    }
    console.log(read);
    await s[Symbol.asyncDispose]();`;
  await using child = startChild(folder.dir, code, ['--max-old-space-size=80']);
  expect(await child.end()).toEqual([0, '200000\n']);
});
