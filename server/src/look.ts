import { type LoadedPlugin, type Refused } from '@octo/kernel/host';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPlane } from './boot.ts';
import { silentLogger } from './logging.ts';

/**
 * Load the plugins of a folder after the standard ones, as a server would, wiring of services included, on an empty
 * data folder that is gone afterwards. Runs their code: they are trusted, or this is a process of its own.
 */
export async function lookAtPlugins(folder: string): Promise<{
  readonly plugins: readonly LoadedPlugin[];
  readonly refused: readonly Refused[];
}> {
  const dataDir = await mkdtemp(join(tmpdir(), 'octo-look-'));
  try {
    const node = { id: 'look', name: 'look', kind: 'in-process' as const, taskCap: 0 };
    await using plane = await openPlane({ dataDir, node, mode: 'read', logger: silentLogger, pluginRoots: [folder] });
    return { plugins: plane.plugins, refused: plane.refused };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
