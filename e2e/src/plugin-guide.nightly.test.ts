import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { workspace } from './setup/packages.ts';

/** All blocks of commands of a text, in their order, as one script. */
function commands(markdown: string): string {
  return [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join('');
}

/** A folder with `octo` and its Node on the PATH, as after an installation, and a home of its own. */
async function shell(script: string, dir: string): Promise<string> {
  const bin = join(dir, 'bin');
  await mkdir(bin);
  const octo = join(workspace, 'cli/bin/octo.js');
  await writeFile(join(bin, 'octo'), `#!/bin/sh\nexec '${process.execPath}' '${octo}' "$@"\n`, { mode: 0o755 });
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|OCTO_|VITEST|NODE_ENV|NODE_OPTIONS)/i.test(name),
  );
  const env = {
    ...Object.fromEntries(inherited),
    PATH: [bin, dirname(process.execPath), process.env['PATH']].join(delimiter),
    OCTO_HOME: join(dir, 'home'),
    NO_COLOR: '1',
  };
  await mkdir(join(dir, 'work'));
  const { stdout } = await promisify(execFile)('bash', ['-exc', script], {
    cwd: join(dir, 'work'),
    env,
    timeout: 100_000,
  });
  return stdout;
}

test('the guide of docs/plugins.md, word for word, leads to a step that runs', { timeout: 120_000 }, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'octo-guide-'));
  try {
    const script = commands(await readFile(join(workspace, 'docs/plugins.md'), 'utf8'));
    const stdout = await shell(script, dir);
    expect(stdout).toMatch(/pass 4/);
    expect(stdout).toContain('hello Ada');
    for (const said of [
      'added my-step 0.1.0 (contract 1)',
      '"Custom.MyStep.Name"',
      'replaced 0.1.0: my-step',
      'removed my-step',
    ])
      expect(stdout).toContain(said);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
