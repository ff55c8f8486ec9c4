import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { type Limits } from '@octo/plane';
import { openPlane } from '../boot.ts';
import { silentLogger } from '../logging.ts';
import { buildApp } from './app.ts';

const repo = new URL('../../../', import.meta.url).pathname;
/** A transport whose machines answer, are away, or fail, as their endpoint says. */
const PIGEON = `
import { definePlugin, defineTransport, TransportError } from '@octo/kernel';
import { openAgent } from '@octo/agent';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
const clock = { now: () => Date.now(), sleep: (ms, signal) => new Promise((done) => setTimeout(done, ms)) };
const log = { debug() {}, info() {}, warn() {}, error() {} };
const agents = new Map();
const agentAt = (root) => {
  if (!agents.has(root)) agents.set(root, openAgent({ root, clock, log, environment: { PATH: '/usr/bin:/bin' } }) /* what else a machine has may be slow to say its version */);
  return agents.get(root);
};
/** With a folder for fate: a machine of its own there, with real bash, unless a file in it says that it is away. */
const machine = (root) => {
  const away = () => { try { return readFileSync(root + '.away', 'utf8'); } catch { return undefined; } };
  if (away() !== undefined) throw new TransportError('OCTO_TRANSPORT_PIGEON', 'no pigeon came back', { started: 'no' });
  const agent = agentAt(root);
  return {
    capabilities: () => agent.capabilities('Nest 1.0'),
    start: (ticket, launch, signal) => agent.start(ticket, launch, signal),
    status: (script, from, signal) => agent.status(script, from, signal),
    cancel: async (script) => {
      if (away() !== undefined) throw new TransportError('OCTO_TRANSPORT_PIGEON', 'no pigeon came back', { started: 'no' });
      return agent.cancel(script);
    },
    complete: (script) => agent.complete(script),
    upload: (path, content, signal, progress) => agent.upload(path, content, signal, progress),
    download: (path) => agent.download(path),
    async [Symbol.asyncDispose]() {},
  };
};
const open = async ({ endpoint, limits }) => {
  if (endpoint.Fate.startsWith('/')) return machine(endpoint.Fate);
  if (endpoint.Fate === 'away') throw new TransportError('OCTO_TRANSPORT_PIGEON', 'no pigeon came back', { started: 'no' });
  if (endpoint.Fate === 'stranger') throw new TransportError('OCTO_TRANSPORT_PIGEON', 'another pigeon came', { started: 'no', isReached: true, hint: 'octo worker edit NAME --ring 7' });
  if (endpoint.Fate === 'broken') throw new Error('a feather in the works');
  const agent = 'Pigeon after ' + limits.connectTimeoutMs + ' ms at most';
  const end = { state: 'Complete', end: 'exited', exitCode: 0, lines: [], next: '1' };
  return {
    capabilities: async () => ({ agent, startsOnce: true, shells: ['bash'], platform: 'linux-arm64' }),
    start: async () => end,
    status: async () => end,
    cancel: async () => {},
    complete: async () => [],
    async [Symbol.asyncDispose]() {},
  };
};
const pigeon = defineTransport({
  style: 'AcmePigeon', word: 'pigeon', endpoint: z.looseObject({ Fate: z.string() }), reach: 'anywhere', deps: {}, create: () => ({ open, async [Symbol.asyncDispose]() { for (const it of agents.values()) await it[Symbol.asyncDispose](); agents.clear(); } }),
});
export default definePlugin({ name: 'acme-pigeon', contract: 1, transports: [pigeon] });`;

/** A server whose workers are pigeons: see the transport above. */
export async function openHealthServer({
  taskCap = 5,
  limits = {},
}: { taskCap?: number; limits?: Partial<Limits> } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'octo-health-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const plugin = join(dir, 'plugins/node_modules/acme-pigeon');
  await mkdir(join(dir, 'plugins/node_modules/@octo'), { recursive: true });
  await mkdir(plugin);
  await symlink(join(repo, 'libs/kernel'), join(dir, 'plugins/node_modules/@octo/kernel'));
  await symlink(join(repo, 'libs/agent'), join(dir, 'plugins/node_modules/@octo/agent'));
  await symlink(join(repo, 'node_modules/zod'), join(dir, 'plugins/node_modules/zod'));
  await writeFile(join(dir, 'plugins/package.json'), JSON.stringify({ dependencies: { 'acme-pigeon': '*' } }));
  const manifest = {
    name: 'acme-pigeon',
    version: '1.0.0',
    type: 'module',
    exports: './index.js',
    octo: { contract: 1 },
  };
  await writeFile(join(plugin, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(plugin, 'index.js'), PIGEON);
  return openHealthServerOn(dir, { taskCap, limits });
}

/** The next one on the same data, once the one before has been closed. */
export async function openHealthServerOn(
  dir: string,
  { taskCap, limits }: { taskCap: number; limits: Partial<Limits> },
) {
  const plane = await openPlane({
    limits,
    dataDir: join(dir, 'data'),
    mode: 'work',
    logger: silentLogger,
    node: { id: 'server-test', name: 'test', kind: 'server', taskCap },
    pluginRoots: [join(dir, 'plugins')],
  });
  onTestFinished(() => plane[Symbol.asyncDispose]());
  const app = buildApp(plane, { localKey: 'API-LOCAL' });
  onTestFinished(() => app.close());
  const ask = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object) =>
    (
      await app.inject({ method, url, headers: { 'x-octopus-apikey': 'API-LOCAL' }, ...(payload && { payload }) })
    ).json();
  const close = async () => {
    await app.close();
    await plane[Symbol.asyncDispose]();
  };
  return { ask, plane, dir, close };
}

export const pigeon = (name: string, Fate: string, more: object = {}) => ({
  Name: name,
  WorkerPoolIds: ['WorkerPools-1'],
  Endpoint: { CommunicationStyle: 'AcmePigeon', Fate },
  ...more,
});

export type Server = Awaited<ReturnType<typeof openHealthServer>>;
export type Wire = Readonly<Record<string, unknown>> & { readonly Id: string; readonly HealthStatus: string };

export async function add({ ask, plane }: Server, name: string, fate: string, more: object = {}): Promise<Wire> {
  const made = (await ask(
    'POST',
    '/api/workers',
    pigeon(name, fate, { SkipInitialHealthCheck: true, ...more }),
  )) as Wire;
  const Capabilities = { toolsAtMs: Date.now() }; // some tools take long to say who they are
  await plane.workers.setHealth(made.Id, { details: { Capabilities } }, () => undefined);
  return made;
}
/** Ask for a check and wait for its end; the limit is 15 s. */
export async function check({ ask, plane }: Server, ids: readonly string[], more: object = {}) {
  const task = (await ask('POST', '/api/tasks', { Name: 'Health', Arguments: { MachineIds: ids, ...more } })) as Wire;
  await vi.waitFor(async () => expect((await plane.tasks.get(task.Id))?.completedAtMs).toBeDefined(), 15_000);
  const ended = await plane.tasks.get(task.Id);
  const log = (await plane.journal.read(task.Id, 0, 1_000_000)).map((line) => line.text).join('\n');
  return { state: ended?.state, error: ended?.errorMessage, log };
}
export const workerOf = ({ ask }: Server, id: string) => ask('GET', `/api/workers/${id}`) as Promise<Wire>;
export const policy = (bash: string, more: object = {}) => ({
  Name: `policy ${Math.random()}`,
  MachineHealthCheckPolicy: { BashHealthCheckPolicy: { RunType: 'Inline', ScriptBody: bash }, ...more },
});
export const category = async ({ ask }: Server, id: string, name: string) =>
  ((await ask('GET', `/api/events?regarding=${id}&eventCategories=${name}`)) as { Items: { Message: string }[] }).Items;
