// Packs what plugins import as @octo/kernel into one file of the command, because it is not published: without the
// part for hosts, so it depends on nothing. `octo plugin add` installs it beside the plugins (docs/adr/0005-bundles.md).
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

export function packKernel(kernel: string, into: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'octo-kernel-'));
  try {
    const dist = join(kernel, 'dist');
    const isPublic = (file: string) => !/^host(\/|$)|\.map$|\.tsbuildinfo$/.test(relative(dist, file));
    cpSync(dist, join(folder, 'dist'), { recursive: true, filter: isPublic });
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest(kernel), null, 2));
    mkdirSync(into, { recursive: true });
    const name = execFileSync('npm', ['pack', '--silent', '--pack-destination', into], { cwd: folder })
      .toString()
      .trim();
    renameSync(join(into, name), join(into, 'octo-kernel.tgz'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function manifest(kernel: string): object {
  const { name, version, description, license } = JSON.parse(readFileSync(join(kernel, 'package.json'), 'utf8'));
  const entry = { types: './dist/index.d.ts', default: './dist/index.js' };
  const exports = { '.': entry, './package.json': './package.json' };
  return { name, version, description, license, type: 'module', exports, files: ['dist'] };
}
