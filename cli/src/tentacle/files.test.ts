import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, lstatSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolders, writeWhole } from './files.ts';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'octo-files-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a new file is for its owner alone, and folders are made', () => {
  writeWhole(join(dir, 'a/b'), 'x');
  expect(statSync(join(dir, 'a/b')).mode & 0o777).toBe(0o600);
});

test('a link stays one, and leads to what is new', () => {
  writeFileSync(join(dir, 'real'), 'old');
  symlinkSync('real', join(dir, 'link'));
  writeWhole(join(dir, 'link'), 'new');
  expect([lstatSync(join(dir, 'link')).isSymbolicLink(), readFileSync(join(dir, 'real'), 'utf8')]).toEqual([
    true,
    'new',
  ]);
});

const isRoot = process.getuid?.() === 0;
test.skipIf(!isRoot)(
  'what root writes anew keeps its owner: an agent of another user still reads its configuration',
  () => {
    writeFileSync(join(dir, 'config'), 'old');
    chownSync(join(dir, 'config'), 65_534, 65_534);
    writeWhole(join(dir, 'config'), 'new');
    const { uid, gid, mode } = statSync(join(dir, 'config'));
    expect([uid, gid, mode & 0o777]).toEqual([65_534, 65_534, 0o600]);
  },
);

test.skipIf(!isRoot)('who may write the file, but not its folder, overwrites it', () => {
  writeFileSync(join(dir, 'config'), 'a longer text');
  chownSync(join(dir, 'config'), 65_534, 65_534);
  chmodSync(dir, 0o755);
  copyFileSync(new URL('files.ts', import.meta.url), join(dir, 'files.ts')); // the repo may be root's alone
  const code = `import(${JSON.stringify(join(dir, 'files.ts'))}).then((it) => it.writeWhole(${JSON.stringify(join(dir, 'config'))}, 'new'))`;
  const { uid, gid } = { uid: 65_534, gid: 65_534 };
  execFileSync(process.execPath, ['--input-type=module', '-e', code], { uid, gid, cwd: '/', env: {}, stdio: 'pipe' });
  expect(readFileSync(join(dir, 'config'), 'utf8')).toBe('new');
});

test('folders are made from the top; where there can be none, or a file is, that is an error and no endless loop', () => {
  makeFolders(join(dir, 'x/y/z'));
  makeFolders(join(dir, 'x/y/z'));
  expect(statSync(join(dir, 'x/y/z')).isDirectory()).toBe(true);
  writeFileSync(join(dir, 'file'), '');
  expect(() => makeFolders(join(dir, 'file'))).toThrow('EEXIST');
  expect(() => makeFolders(join(dir, 'file/below'))).toThrow(/EEXIST|ENOTDIR/);
});

test.skipIf(process.platform !== 'linux')('below /proc there are none to be made', () => {
  expect(() => makeFolders('/proc/octo/a')).toThrow('ENOENT');
});
