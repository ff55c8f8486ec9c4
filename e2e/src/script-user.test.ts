import { chmod, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findProgram } from './setup/find-program.ts';
import { finished, Home, type Server } from './setup/octo.ts';
import { until } from './setup/wait.ts';

const isRoot = process.getuid?.() === 0 && findProgram('setpriv');

async function open(): Promise<Home> {
  const home = await Home.open();
  await chmod(home.dir, 0o711); // others may pass, as they may under /var/lib
  return home;
}
const env = ({ url, key }: Server) => ({ OCTO_URL: url, OCTO_API_KEY: key });

test.skipIf(!isRoot)(
  'with --script-user private no task reads the server or another task (R23, R169, I2; needs root)',
  async () => {
    await using home = await open();
    const server = await home.serve(['--script-user', 'private']);
    const victim = home.start(['run', 'echo up; exec sleep 60', '--secret', 'PASSWORD', '--name', 'victim'], {
      ...env(server),
      PASSWORD: 'v1ctims-secret',
    });
    const ended = finished(victim);
    let output = '';
    victim.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await until('the victim is up', async () => output.includes('up'));
    const probe = `
    id -u
    for f in '${home.data}/master.key' '${home.data}/octo.db' '${home.data}/octo.db-wal' '${home.data}/server.json' /proc/${server.child.pid}/environ /proc/${server.child.pid}/cmdline /proc/${server.child.pid}/fd/1; do
      [ -r "$f" ] && cat "$f" >/dev/null 2>&1 && echo "LEAK $f"
    done
    ls '${home.data}' '${home.data}/machine/work' 2>/dev/null
    for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -q 'sleep 60' && [ "$p" != "/proc/$$" ] && ! grep -q "$$" $p/stat && echo "SAW $p"; done
    echo done`;
    const { stdout, code } = await home.run(['run', probe], env(server));
    const [uid, ...rest] = stdout.trim().split('\n');
    expect(Number(uid)).toBeGreaterThan(60_000);
    expect(rest).toEqual(['done']);
    expect(code).toBe(0);
    const files = await Promise.all(
      (await readdir(home.data)).map(async (name) => ({ name, it: await stat(join(home.data, name)) })),
    );
    expect(files.filter(({ it }) => it.isFile() && (it.mode & 0o077) !== 0).map(({ name }) => name)).toEqual([]);
    victim.kill('SIGINT');
    expect((await ended).code).toBe(130);
  },
);

test.skipIf(!isRoot)('an artifact that a script may not read itself is not fetched for it (needs root)', async () => {
  await using home = await open();
  const server = await home.serve(['--script-user', 'nobody']);
  const body = `whoami; echo mine > a.txt; new_octopusartifact a.txt; printf '##octopus[createArtifact path=%s name=%s]\\n' "'$(printf %s '${home.data}/master.key' | base64 -w0)'" "'$(printf key | base64)'"`;
  const { stdout, stderr } = await home.run(['run', body], env(server));
  expect(stdout).toContain('nobody');
  expect(stdout).toContain('Artifact key was not found');
  expect(stderr).not.toContain('artifact key');
  const shown = JSON.parse((await home.run(['task', 'show', '1', '--json'], env(server))).stdout);
  expect(shown.artifacts).toMatchObject([
    { name: 'a.txt', sizeBytes: 5 },
    { name: 'key', sizeBytes: null },
  ]);
});

test.skipIf(!isRoot)(
  'a server that cannot keep the promise does not start, and says at which stage (R21, R22; needs root)',
  async () => {
    await using home = await Home.open(); // 0700: nobody else passes
    const refused = await home.run(['server', 'start', '--port', '0', '--script-user', 'nobody']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/scripts cannot run as nobody: reaching its folder: .*\[OCTO_AGENT_ACCOUNT\]/);
    const unknown = await home.run(['server', 'start', '--port', '0', '--script-user', 'no-such-user']);
    expect(unknown.stderr).toContain('this machine knows no such user');
  },
);
