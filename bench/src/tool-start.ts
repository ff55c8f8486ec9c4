import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Figure, median, timed } from './figure.ts';
import { untilLine } from './first-line.ts';
import { benchServer } from './server.ts';

const PER_ROUND = 15;
const repo = new URL('../../', import.meta.url).pathname;
const STEP = `
import { definePlugin, defineStep } from '@octo/kernel';
import { z } from 'zod';
const hi = { name: 'hi', entry: new URL('./tool.mjs', import.meta.url), input: z.object({}) };
const run = async ({ worker, signal }) => void (await worker.use(hi, {}, signal));
const step = defineStep({ type: 'Bench.Hi', properties: z.object({}), run });
export default definePlugin({ name: 'bench-hi', contract: 1, steps: [step] });`;
const TOOL = `export default async ({ log }) => log.write('info', 'hi');`;

/** From the request that enqueues a step with a tool to the tool's first line at a client that watches the log. */
export async function toolStart(rounds: number): Promise<readonly Figure[]> {
  const home = await mkdtemp(join(tmpdir(), 'octo-bench-home-'));
  try {
    await install(home);
    await using server = await benchServer(5, { OCTO_HOME: home });
    const act = () => untilLine(server.api, { actions: [{ name: 'Hi', type: 'Bench.Hi', properties: {} }] });
    await act(); // brings the tool there
    const medians: number[] = [];
    for (let n = 0; n < rounds; n++) {
      const times: number[] = [];
      for (let m = 0; m < PER_ROUND; m++) times.push(await timed(act));
      medians.push(median(times));
    }
    const floors: number[] = [];
    for (let n = 0; n < rounds * PER_ROUND; n++)
      floors.push(await timed(async () => spawnSync(process.execPath, ['-e', '0'])));
    const what = 'enqueue → first line of a tool that is in the cache, p50';
    const floorIs = 'node -e 0';
    return [{ what, ours: median(medians), floor: median(floors), floorIs, unit: 'ms', better: 'less', goal: 150 }];
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function install(home: string): Promise<void> {
  const modules = join(home, 'plugins', 'node_modules');
  const plugin = join(modules, 'bench-hi');
  await mkdir(join(modules, '@octo'), { recursive: true });
  await mkdir(plugin);
  await symlink(join(repo, 'libs/kernel'), join(modules, '@octo/kernel'));
  await symlink(join(repo, 'node_modules/zod'), join(modules, 'zod'));
  await writeFile(join(home, 'plugins', 'package.json'), JSON.stringify({ dependencies: { 'bench-hi': '*' } }));
  const manifest = { name: 'bench-hi', version: '1.0.0', type: 'module', exports: './index.js', octo: { contract: 1 } };
  await writeFile(join(plugin, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(plugin, 'index.js'), STEP);
  await writeFile(join(plugin, 'tool.mjs'), TOOL);
}
