import { InputError } from '@octo/kernel';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';

/** What all files of a run may hold together; as much as fits into one request. */
const MOST_BYTES = 32 * 1024 * 1024;

export interface CarriedFile {
  readonly name: string;
  readonly contentBase64: string;
}

/** Everything below a folder, and single files, to be laid beside the script. Names use `/`. */
export async function carryFiles(
  folder: string | undefined,
  single: readonly string[],
): Promise<readonly CarriedFile[]> {
  const paths = single.map((file) => ({ name: basename(file), path: file }));
  if (folder !== undefined) paths.push(...(await filesBelow(folder)));
  const files: CarriedFile[] = [];
  let bytes = 0;
  for (const { name, path } of paths) {
    const content = await readFile(path).catch((cause: Error) => {
      throw new InputError('OCTO_CLI_FILE', `${path} cannot be read: ${cause.message}`, { cause });
    });
    bytes += content.length;
    if (bytes > MOST_BYTES)
      throw new InputError(
        'OCTO_CLI_FILES',
        `the files beside the script hold more than ${MOST_BYTES / 1024 / 1024} MiB`,
        {
          hint: 'leave out what the script does not need, or bring it as a package',
        },
      );
    files.push({ name, contentBase64: content.toString('base64') });
  }
  return files;
}

async function filesBelow(folder: string): Promise<{ name: string; path: string }[]> {
  if (!(await stat(folder).catch(() => undefined))?.isDirectory())
    throw new InputError('OCTO_CLI_FILES', `${folder} is no folder`, { hint: 'give the folder of the script' });
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { name: path.slice(join(folder, sep).length).split(sep).join('/'), path };
    })
    .toSorted((a, b) => a.name.localeCompare(b.name));
}
