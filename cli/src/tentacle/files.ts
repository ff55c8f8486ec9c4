import {
  chownSync,
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/**
 * Whole or not at all, whoever reads meanwhile. What is there keeps its owner: root may configure the agent of somebody
 * else. A link is followed. Where only the file itself may be written (a mount, a folder of root's), it is overwritten.
 */
export function writeWhole(path: string, text: string | Uint8Array, mode = 0o600): void {
  const before = statSync(path, { throwIfNoEntry: false });
  const file = before ? realpathSync(path) : path;
  makeFolders(dirname(file));
  const draft = `${file}.${process.pid}.new`;
  try {
    writeFileSync(draft, text, { mode });
    if (before) keepOwner(draft, before);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!before || !['EACCES', 'EBUSY', 'EPERM', 'EXDEV'].includes(code)) throw error;
    writeFileSync(file, text);
  }
}

/**
 * As `mkdir -p`: each folder that is missing, from the top. Node's own never ends where a folder is there and takes none,
 * as /proc does.
 */
export function makeFolders(path: string, mode = 0o777): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (!existsSync(dirname(path))) makeFolders(dirname(path), mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error; // else somebody was faster
  }
}

function keepOwner(draft: string, { uid, gid }: Stats): void {
  if (process.getuid?.() === 0) chownSync(draft, uid, gid);
}
