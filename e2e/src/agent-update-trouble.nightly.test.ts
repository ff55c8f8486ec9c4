import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agent, joined, otherVersion, versionOf } from './setup/agent-update.ts';
import { Home } from './setup/octo.ts';
import { until } from './setup/wait.ts';

test('a version that does not stay up is not kept: the old one serves again, and the server knows why', async () => {
  await using home = await Home.open();
  await joined(home, await home.serve());
  const { output } = await agent(home);
  expect(await home.run(['worker', 'check', 'w1', '--wait'])).toMatchObject({ code: 0 });
  await otherVersion(home, '0.3.0', 'exit 9');
  const failed = await home.run(['worker', 'update', 'w1', '--wait']);
  expect(failed).toMatchObject({ code: 1 });
  expect(failed.stderr).toContain('w1 stays at 0.1.0: it ended by itself (exit code 9)');
  expect(output.stdout).toContain('Version 0.3.0 is not kept');
  expect(await home.run(['run', '--pool', 'linux', 'echo still here'])).toMatchObject({
    code: 0,
    stdout: 'still here\n',
  });

  await otherVersion(home, '0.4.0');
  const liar = join(home.data, 'agents', `tentacle-0.5.0-linux-${process.arch}`);
  await writeFile(liar, '#!/bin/sh\necho 0.4.0\n');
  await chmod(liar, 0o755);
  const lied = await home.run(['worker', 'update', 'w1', '--wait']);
  expect(lied.stderr).toContain('it says that it is 0.4.0, not 0.5.0');
}, 120_000);

test('kill -9 in the middle of an update leaves an agent that starts', async () => {
  await using home = await Home.open();
  await joined(home, await home.serve());
  const first = await agent(home);
  expect(await home.run(['worker', 'check', 'w1', '--wait'])).toMatchObject({ code: 0 });
  await otherVersion(home, '0.2.0', 'exec sleep 100');
  const updating = home.start(['worker', 'update', 'w1', '--wait']);
  await until('it is on probation', async () => first.output.stdout.includes('serves on probation'));
  first.child.kill('SIGKILL');
  await agent(home);
  updating.kill('SIGKILL');
  expect(await home.run(['run', '--pool', 'linux', 'echo well'])).toMatchObject({ code: 0, stdout: 'well\n' });
  expect(await versionOf(home)).toBe('octo agent 0.1.0');
}, 120_000);
