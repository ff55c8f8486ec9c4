import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { collect, Home, stateOf } from './setup/octo.ts';
import { until } from './setup/wait.ts';

const LINES = 1_000_000;

test(
  'a log of 200 MB passes through a server with a heap of 160, while a reader that does not read hurts nobody',
  { timeout: 120_000 },
  async () => {
    await using home = await Home.open();
    const server = await home.serve([], { NODE_OPTIONS: '--max-old-space-size=160' });
    const script = join(home.dir, 'loud.sh');
    await writeFile(script, `seq -f 'line %.0f ${'x'.repeat(190)}' 1 ${LINES}`);
    await home.run(['run', '--file', script, '--no-follow']);
    const stuck = await fetch(`${server.url}/api/tasks/ServerTasks-1/raw`, {
      headers: { 'X-Octopus-ApiKey': server.key },
    });
    await until(
      'it succeeds',
      async () => {
        const state = await stateOf(server);
        if (state === 'Failed') throw new Error(server.output.stderr);
        return state === 'Success';
      },
      90_000,
    );
    await stuck.body?.cancel();
    const child = home.start(['task', 'log', '1', '--raw'], { NODE_OPTIONS: '--max-old-space-size=160' });
    let lines = 0;
    let last = '';
    let rest = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString('latin1')).split('\n');
      rest = parts.pop() ?? '';
      const own = parts.filter((part) => part.includes('|   line '));
      lines += own.length;
      last = own.at(-1) ?? last;
    });
    const { stderr } = collect(child);
    await new Promise((resolve) => child.once('close', resolve));
    expect([lines, stderr]).toEqual([LINES, '']);
    expect(last).toContain(`|   line ${LINES} `);
    expect(server.child.exitCode).toBeNull();
  },
);
