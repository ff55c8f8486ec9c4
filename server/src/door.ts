import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a running server leaves its address and a local key, readable by its user alone (house.md 6.3). */
export interface Door {
  readonly url: string;
  readonly key: string;
  readonly pid: number;
  /** Where agents call: `127.0.0.1:10943`. Absent: nowhere. */
  readonly comms?: string;
}

const doorFile = (dataDir: string) => join(dataDir, 'server.json');

export async function leaveDoor(dataDir: string, door: Door): Promise<AsyncDisposable> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const file = doorFile(dataDir);
  await writeFile(`${file}.tmp`, `${JSON.stringify(door)}\n`, { mode: 0o600 });
  await rename(`${file}.tmp`, file);
  return {
    async [Symbol.asyncDispose]() {
      const now = await findDoor(dataDir);
      if (now?.key === door.key) await rm(file, { force: true });
    },
  };
}

/** The door of whoever serves this folder; a killed server may have left one behind, so knock before you trust it. */
export async function findDoor(dataDir: string): Promise<Door | undefined> {
  try {
    const door = JSON.parse(await readFile(doorFile(dataDir), 'utf8')) as Partial<Door>;
    return typeof door.url === 'string' && typeof door.key === 'string' && typeof door.pid === 'number'
      ? { url: door.url, key: door.key, pid: door.pid, ...(typeof door.comms === 'string' && { comms: door.comms }) }
      : undefined;
  } catch {
    return undefined; // none, not ours to read, or half a file of another time: as good as none
  }
}
