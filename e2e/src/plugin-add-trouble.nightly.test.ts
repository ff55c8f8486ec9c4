import { mkdir, readFile, readdir, rename, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Home, kill } from './setup/octo.ts';
import { acme, minimal, writePackage } from './setup/packages.ts';
import { isAlive, until } from './setup/wait.ts';

// What goes wrong while a plugin is added. Each step of it is an `npm install`, which is why all of it takes long.
const plugins = (home: Home, ...names: string[]) => join(home.dir, 'home', 'plugins', ...names);

/** What is tried, beside a plugin that is there already; each must leave that one alone. */
const bad: readonly [title: string, code: string, says: RegExp, source: Parameters<typeof writePackage>[2]][] = [
  ['has no octo key', 'OCTO_PLUGIN_NONE', /write "octo": \{ "contract": 1 \}/, { code: '', octo: undefined }],
  ['speaks another contract', 'OCTO_PLUGIN_CONTRACT', /update octo/, { code: '', octo: { contract: 99 } }],
  ['throws', 'OCTO_PLUGIN_BROKEN', /boom at import/, { code: 'throw new Error("boom at import")' }],
  [
    'ends the process',
    'OCTO_PLUGIN_BROKEN',
    /\(7\): last words/,
    { code: 'console.error("last words"); process.exit(7)' },
  ],
  ['waits for ever', 'OCTO_PLUGIN_HANGS', /not loaded within 1 s/, { code: 'for (;;);' }],
  [
    'brings what another brings',
    'OCTO_PLUGIN_CLASH',
    /Acme.Greet comes from bad and from octo-acme/,
    {
      code: minimal('bad', `steps: [{ type: 'Acme.Greet', properties: { '~standard': {} }, deps: {}, run() {} }]`),
    },
  ],
  [
    'brings a command of octo',
    'OCTO_PLUGIN_CLASH',
    /octo run comes from @octo\/cli and from bad/,
    {
      code: minimal('bad'),
      oclif: { commands: './commands' },
      files: { 'commands/run.js': `export default class Run { static flags = {}; static args = {}; static run() {} }` },
    },
  ],
  [
    'wants a kernel that is not there',
    'OCTO_PLUGIN_NPM',
    /ERESOLVE|could not resolve|unable to resolve/i,
    {
      code: minimal('bad'),
      peerDependencies: { '@octo/kernel': '^99.0.0' },
    },
  ],
];

test('what cannot be used is not installed, and what was there stays', { timeout: 120_000 }, async () => {
  await using home = await Home.open();
  await home.run(['plugin', 'add', await writePackage(join(home.dir, 'acme'), 'octo-acme', acme)]);
  const before = await readFile(plugins(home, 'package-lock.json'), 'utf8');
  const scratch = join(home.dir, 'scratch');
  await mkdir(scratch);
  for (const [title, code, says, source] of bad) {
    const folder = await writePackage(join(home.dir, title), 'bad', source);
    const limit = code === 'OCTO_PLUGIN_HANGS' ? ['--load-limit', '1s'] : [];
    const result = await home.run(['plugin', 'add', folder, ...limit, '--json'], { TMPDIR: scratch });
    const { error } = JSON.parse(result.stdout) as { error: { code: string; message: string; hint: string } };
    expect({ title, exit: result.code, ...error }).toMatchObject({ title, exit: 1, code });
    expect(`${error.message} ${error.hint}`).toMatch(says);
    expect(await readFile(plugins(home, 'package-lock.json'), 'utf8')).toBe(before);
    expect((await readdir(plugins(home, 'node_modules'))).includes('bad')).toBe(false);
  }
  expect((await readdir(scratch)).filter((name) => name.startsWith('octo-'))).toEqual([]);
  expect(await readdir(join(home.dir, 'home'))).toEqual(['plugins']);
  expect((await home.run(['acme', 'hello'])).stdout).toBe('hello from a plugin\n');
});

test('two at once wait for each other, and both are there', async () => {
  await using home = await Home.open();
  const names = ['octo-a', 'octo-b', 'octo-c'];
  const folders = names.map((name) => writePackage(join(home.dir, name), name, { code: minimal(name) }));
  const results = await Promise.all(folders.map(async (folder) => home.run(['plugin', 'add', await folder])));
  expect(results.map((r) => r.code)).toEqual([0, 0, 0]);
  const { stdout } = await home.run(['plugin', 'list']);
  for (const name of names) expect(stdout).toContain(name);
});

test('kill -9 in the middle of add: what was there works, and the next add too', async () => {
  await using home = await Home.open();
  const first = await writePackage(join(home.dir, 'acme'), 'octo-acme', acme);
  const code = `import { writeFileSync } from 'node:fs';
    writeFileSync(${JSON.stringify(join(home.dir, 'pid'))}, String(process.pid));
    for (;;);`;
  const slow = await writePackage(join(home.dir, 'slow'), 'octo-slow', { code });
  await home.run(['plugin', 'add', first]);
  const temporary = join(home.dir, 'temporary');
  await mkdir(temporary);
  const at = { TMPDIR: temporary };
  const left = async () => (await readdir(temporary)).filter((name) => name.startsWith('octo-load-'));
  const adding = home.start(['plugin', 'add', slow, '--load-limit', '20s'], at);
  const text = () => readFile(join(home.dir, 'pid'), 'utf8').catch(() => '');
  const pid = await until('the plugin hangs', async () => Number(await text()) || undefined);
  await kill(adding);
  const [folder = ''] = await left();
  await utimes(join(temporary, folder), 0, 0); // an hour has passed
  expect((await readdir(join(home.dir, 'home'))).some((name) => name.startsWith('plugins.next-'))).toBe(true);
  expect((await home.run(['acme', 'hello'])).stdout).toBe('hello from a plugin\n');
  expect((await home.run(['plugin', 'add', first], at)).stdout).toMatch(/^replaced 0.1.0: octo-acme/);
  expect(await readdir(join(home.dir, 'home'))).toEqual(['plugins']);
  expect(await left()).toEqual([]);
  await until('the hanging test load is gone', async () => !isAlive(pid));
});

test('kill -9 while the folder is exchanged: the next start puts it back', async () => {
  await using home = await Home.open();
  await home.run(['plugin', 'add', await writePackage(join(home.dir, 'acme'), 'octo-acme', acme)]);
  await rename(plugins(home), `${plugins(home)}.old`); // the moment between the two renames, for ever
  expect((await home.run(['acme', 'hello'])).stdout).toBe('hello from a plugin\n');
});
