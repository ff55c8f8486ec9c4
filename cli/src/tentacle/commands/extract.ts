import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Command, value } from '../command.ts';
import { KnownFailure } from '../errors.ts';
import { makeFolders } from '../files.ts';

const run = promisify(execFile);
const LIMIT_MS = 30 * 60_000;

export const extract: Command = {
  name: 'extract',
  about: 'Unpacks a package: .zip, .nupkg, .tar, .tar.gz, .tgz, .tar.bz2.',
  options: [value('package', 'the package'), value('destination', 'folder to unpack into; made if need be')],
  async run(values, io) {
    const [given, to] = [values.text('package'), values.text('destination')];
    if (!given || !to) throw new KnownFailure('Name both: --package=FILE --destination=FOLDER');
    const file = resolve(io.cwd, given);
    const folder = resolve(io.cwd, to);
    if (!existsSync(file)) throw new KnownFailure(`The package ${file} is not there.`);
    makeFolders(folder);
    // Both refuse names that lead out of the folder.
    const isZip = /\.(zip|nupkg|jar|war)$/i.test(file);
    const [program, args] = isZip ? ['unzip', ['-q', '-o', file, '-d', folder]] : ['tar', ['-xf', file, '-C', folder]];
    try {
      await run(program as string, args as string[], { timeout: LIMIT_MS, signal: io.signal }); // a pair, made above
    } catch (error) {
      const { code, stderr } = error as { readonly code?: string | number; readonly stderr?: string };
      if (code === 'ENOENT') throw new KnownFailure(`${String(program)} is needed for that, and is not installed.`);
      throw new KnownFailure(`The package ${file} cannot be unpacked: ${stderr?.trim() ?? ''}`);
    }
    io.line(`Extracted ${file} to ${folder}`);
  },
};
