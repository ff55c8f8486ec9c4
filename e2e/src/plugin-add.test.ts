import { appendFile, chown, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Home } from './setup/octo.ts';
import { acme, minimal, pack, packageFiles, workspace, writePackage } from './setup/packages.ts';
import { install } from './setup/plugins.ts';

interface Shown {
  readonly name: string;
  readonly integrity: string;
  readonly steps: readonly { readonly type: string }[];
  readonly commands: readonly string[];
}
const plugins = (home: Home, ...names: string[]) => join(home.dir, 'home', 'plugins', ...names);
const greet = [{ name: 'Greet', type: 'Acme.Greet', properties: { 'Acme.Greet.Name': 'Ada' } }];

test('a packed plugin with a step, a transport and a command is used by octo run and the server, then removed', async () => {
  await using home = await Home.open();
  const tarball = await pack(await writePackage(join(home.dir, 'src'), 'octo-acme', acme), home.dir);
  const added = await home.run(['plugin', 'add', tarball]);
  expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/^added octo-acme 0\.1\.0 \(contract 1\)\n/) });
  for (const line of [/step +Acme.Greet/, /transport +AcmePigeon/, /command +octo acme hello/, /integrity +sha512-/])
    expect(added.stdout).toMatch(line);
  expect(added.stderr).toContain('loading octo-acme once');

  await writeFile(join(home.dir, 'process.json'), JSON.stringify(greet));
  expect((await home.run(['run', '--process', 'process.json'])).stdout).toContain('hello Ada');
  expect((await home.run(['acme', 'hello'])).stdout).toBe('hello from a plugin\n');
  expect((await home.run(['--help'])).stdout).toContain('acme');
  // No command imports those of a plugin to see what there are: that is written down.
  await appendFile(plugins(home, 'node_modules/octo-acme/commands/acme/hello.js'), '\nprocess.exit(9);');
  expect((await home.run(['acme', 'hello'])).code).toBe(9);
  expect((await home.run(['acme', '--help'])).code).toBe(0);

  const shown = JSON.parse((await home.run(['plugin', 'show', 'octo-acme', '--json'])).stdout) as Shown;
  expect(shown).toMatchObject({ steps: [{ type: 'Acme.Greet', properties: { type: 'object' } }] });
  const server = await home.serve(['--log-level', 'info']);
  expect((await home.run(['run', '--process', 'process.json'])).stdout).toContain('hello Ada');
  const { stdout: list } = await home.run(['plugin', 'list']);
  for (const text of ['transport AcmePigeon', 'command acme hello', plugins(home)]) expect(list).toContain(text);
  expect(server.output.stderr).toContain(`"integrity":"${shown.integrity}"`);
  server.child.kill('SIGTERM');

  expect(await home.run(['plugin', 'remove', 'octo-acne'])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/OCTO_PLUGIN_UNKNOWN[^]*did you mean octo-acme\?/),
  });
  expect((await home.run(['plugin', 'remove', 'octo-acme'])).stdout).toBe('removed octo-acme 0.1.0\n');
  expect((await home.run(['plugin', 'list'])).stdout).not.toContain('octo-acme');
  expect((await home.run(['acme', 'hello'])).code).toBe(2);
  expect(JSON.parse(await readFile(plugins(home, 'package.json'), 'utf8'))).not.toHaveProperty([
    'dependencies',
    'octo-acme',
  ]);
});

test('a plugin that brings its own copy of the packed kernel works: services agree by id, errors by brand', async () => {
  await using home = await Home.open();
  const kernel = await pack(join(workspace, 'libs/kernel'), home.dir);
  const own = { ...acme, peerDependencies: {}, dependencies: { '@octo/kernel': `file:${kernel}` } };
  const tarball = await pack(await writePackage(join(home.dir, 'src'), 'octo-acme', own), home.dir);
  expect(await home.run(['plugin', 'add', tarball])).toMatchObject({ code: 0 });
  const copy = plugins(home, 'node_modules/octo-acme/node_modules/@octo/kernel/dist/host/index.js');
  expect(await readFile(copy, 'utf8')).toContain('services.js'); // the whole package, not what octo gives
  for (const [name, code] of [
    ['Ada', 0],
    ['', 1],
  ] as const) {
    const action = { ...greet[0], properties: { 'Acme.Greet.Name': name } };
    await writeFile(join(home.dir, 'process.json'), JSON.stringify([action]));
    const { code: exit, stdout, stderr } = await home.run(['run', '--process', 'process.json']);
    expect(exit).toBe(code);
    expect(stdout + stderr).toContain(code === 0 ? 'hello Ada' : 'nobody to greet');
  }
});

test('a source that is not there and a missing npm are named', async () => {
  await using home = await Home.open();
  const gone = await home.run(['plugin', 'add', './nowhere']);
  expect(gone).toMatchObject({ code: 2, stderr: expect.stringContaining('OCTO_PLUGIN_SOURCE') });
  const folder = await writePackage(join(home.dir, 'acme'), 'octo-acme', acme);
  const noNpm = await home.run(['plugin', 'add', folder], { PATH: home.dir });
  expect(noNpm).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/OCTO_PLUGIN_NO_NPM[^]*install Node with npm/),
  });
});

test.runIf(process.getuid?.() === 0)('a folder of another user is neither loaded nor changed', async () => {
  await using home = await Home.open();
  const folder = await writePackage(join(home.dir, 'acme'), 'octo-acme', acme);
  await home.run(['plugin', 'add', folder]);
  await chown(plugins(home), 4711, 4711);
  expect((await home.run(['plugin', 'list'])).stdout).toMatch(/refused: .*[^]*OCTO_PLUGIN_OWNER/);
  expect((await home.run(['plugin', 'add', folder])).stderr).toContain('OCTO_PLUGIN_OWNER');
  expect((await home.run(['acme', 'hello'])).code).toBe(2);
});

test('the server loads what plugins.allow names, and the rest of octo works', async () => {
  await using home = await Home.open();
  const files = (name: string) => packageFiles(name, { code: minimal(name) });
  await install(home, { 'octo-a': files('octo-a'), 'octo-b': files('octo-b') });
  await writeFile(join(home.dir, 'octo.json'), JSON.stringify({ plugins: { allow: ['octo-a'] } }));
  const server = await home.serve(['--config', join(home.dir, 'octo.json')]);
  const { stdout } = await home.run(['plugin', 'list', '--json']);
  const listed = JSON.parse(stdout) as { name: string; refused: { code: string } | null }[];
  expect(listed.find((p) => p.name === 'octo-a')?.refused).toBeNull();
  expect(listed.find((p) => p.name === 'octo-b')?.refused?.code).toBe('OCTO_PLUGIN_NOT_ALLOWED');
  expect(server.output.stderr).toContain('octo-b is not among plugins.allow');
  expect((await home.run(['run', 'echo still here'])).stdout).toBe('still here\n');
});
