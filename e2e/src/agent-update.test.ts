import { expect, test } from 'vitest';
import { agent, joined, otherVersion, versionOf } from './setup/agent-update.ts';
import { collect, Home } from './setup/octo.ts';
import { until } from './setup/wait.ts';

test('an agent becomes the new version beside a running script, which loses no line; the next start is the new one, too', async () => {
  await using home = await Home.open();
  await joined(home, await home.serve());
  const { child, output } = await agent(home);
  expect(await home.run(['worker', 'check', 'w1', '--wait'])).toMatchObject({ code: 0 });
  expect(await versionOf(home)).toBe('octo agent 0.1.0');
  await otherVersion(home, '0.2.0');
  const running = home.start([
    'run',
    '--pool',
    'linux',
    'for n in $(seq 1 60); do echo "line $n"; sleep 0.1; done; exit 4',
  ]);
  const lines = collect(running);
  await until('the script has begun', async () => lines.stdout.includes('line 3'));
  const updated = await home.run(['worker', 'update', 'w1', '--wait']);
  expect({ ...updated, agent: output }).toMatchObject({ code: 0 });
  expect(updated.stderr).toContain('w1 is octo agent 0.2.0 now; it was 0.1.0');
  await until('the script has ended', async () => running.exitCode !== null);
  expect(lines.stdout.match(/line \d+/g)).toEqual(Array.from({ length: 60 }, (_, n) => `line ${n + 1}`));
  expect(child.exitCode).toBeNull(); // for a service manager it is the process that it started
  expect(await versionOf(home)).toBe('octo agent 0.2.0');
  expect(await home.run(['worker', 'update', 'w1', '--wait'])).toMatchObject({ code: 0 }); // nothing is older now

  child.kill('SIGKILL');
  await agent(home);
  expect(await home.run(['worker', 'check', 'w1', '--wait'])).toMatchObject({ code: 0 });
  expect(await versionOf(home)).toBe('octo agent 0.2.0');
}, 120_000);
