import { TransportError } from '@octo/kernel';
import { statfs } from 'node:fs/promises';

/** Refuse a start on a full disk, but clean first: what is left behind must not keep work away (R149). */
export async function refuseFullDisk(dir: string, minimumBytes: number, clean: () => Promise<unknown>): Promise<void> {
  if ((await freeBytes(dir)) >= minimumBytes) return;
  await clean();
  const free = await freeBytes(dir);
  if (free >= minimumBytes) return;
  throw new TransportError(
    'OCTO_TRANSPORT_DISK_FULL',
    `only ${mebi(free)} are free for workspaces, ${mebi(minimumBytes)} are needed`,
    { started: 'no', hint: `make room on the disk of ${dir}` },
  );
}

async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}
function mebi(bytes: number): string {
  return `${Math.floor(bytes / 1024 / 1024)} MiB`;
}
