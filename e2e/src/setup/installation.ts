import { rmSync } from 'node:fs';
import { Home, INSTALLATION } from './octo.ts';

/** Before all: a data folder as the first command leaves it, which `Home.open` copies; a start on an empty one costs a third more. */
export async function setup(): Promise<() => void> {
  const home = await Home.bare();
  const { code, stderr } = await home.run(['task', 'list']);
  if (code !== 0) throw new Error(`no installation could be made: ${stderr}`);
  process.env[INSTALLATION] = home.data; // the processes that run tests inherit it
  return () => rmSync(home.dir, { recursive: true, force: true });
}
