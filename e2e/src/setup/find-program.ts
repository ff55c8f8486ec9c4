import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** True where a program of that name is on the PATH or in a usual place. */
export function findProgram(name: string): boolean {
  return [...(process.env['PATH'] ?? '').split(':'), '/usr/bin', '/bin'].some((folder) =>
    existsSync(join(folder, name)),
  );
}
