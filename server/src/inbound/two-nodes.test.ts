import { isOver, type TaskRequest, type Worker } from '@octo/plane';
import { startPostgres } from '@octo/testkit/postgres-server';
import { createServer } from 'node:http';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openPlane } from '../boot.ts';
import { silentLogger } from '../logging.ts';
import { type Plane } from '../plane.ts';
import { callServer, courierFolder } from './courier.fixture.ts';
import { serveAgents } from './serving.ts';

const postgres = await startPostgres();
afterAll(() => postgres?.[Symbol.asyncDispose]());
const QUICK = { timeout: 15_000, interval: 50 };
const masterKey = Buffer.alloc(32, 7).toString('base64');

/** A node of a cluster, as a server would open it, with agents at a port of its own. */
async function openNode(id: string, databaseUrl: string) {
  const { dataDir, plugins } = await courierFolder();
  const comms = { listen: { host: '127.0.0.1', port: 0 } };
  const node = { id, name: id, kind: 'server' as const, taskCap: id === 'n1' ? 5 : 0 };
  const common = { mode: 'work' as const, logger: silentLogger, pluginRoots: [plugins], masterKey };
  const plane = await openPlane({ ...common, dataDir, node, comms, databaseUrl });
  const agents = await serveAgents(plane, createServer(), comms);
  const close = async () => {
    await agents[Symbol.asyncDispose]();
    await plane[Symbol.asyncDispose]();
  };
  onTestFinished(close);
  return { plane, port: agents.comms!.port, close };
}
const agent = (name: string): Omit<Worker, 'id'> => ({
  spaceId: 'Spaces-1',
  name,
  slug: name,
  poolIds: ['WorkerPools-1'],
  machinePolicyId: 'MachinePolicies-1',
  isDisabled: false,
  health: 'Healthy',
  statusSummary: '',
  style: 'AcmeCourier',
  endpoint: { Uri: `courier://${name}/`, Secret: 's' },
  details: {},
});
const properties = { 'Octopus.Action.Script.ScriptBody': 'echo', 'Octopus.Action.Script.Syntax': 'Bash' };
const request: TaskRequest = {
  name: 'AdHocScript',
  description: 'd',
  actions: [{ name: 'a', type: 'Octopus.Script', properties }],
  variables: [],
};
async function ended(plane: Plane, taskId: string) {
  return vi.waitFor(async () => {
    const task = await plane.tasks.get(taskId);
    if (!task || !isOver(task.state)) throw new Error(`it is ${task?.state}`);
    const lines = (await plane.journal.read(taskId, 0, 1_000_000)).map((it) => it.text).join('\n');
    return { ...task, lines };
  }, QUICK);
}

describe.runIf(postgres)('two nodes on one database', () => {
  test('a task goes on at the node to which its worker is connected, and health checks are asked there', async () => {
    const url = await postgres!.fresh();
    const [first, second] = [await openNode('n1', url), await openNode('n2', url)]; // n2 takes no tasks from the queue
    const worker = await first.plane.workers.add(agent('a'));
    await callServer(second, 'a');
    const connected = () => first.plane.connections.of([worker.id]);
    await vi.waitFor(async () => expect(await connected()).toMatchObject([{ nodeId: 'n2' }]), QUICK);
    const { id } = await first.plane.enqueue('Spaces-1', request);
    const { lines, ...task } = await ended(first.plane, id);
    expect(task).toMatchObject({ state: 'Success', claim: { nodeId: 'n2', fence: 3 } });
    expect(lines).toContain('a is connected to n2, which goes on with this task');
    expect(lines).toContain('Continued by n2');
    expect(lines).toContain('ran at a');
    await second.plane.nodes.setTaskCap('n2', 5);
    const check = await ended(first.plane, (await first.plane.checkWorkers([worker], 'is far', 'here')).id);
    expect(check).toMatchObject({ state: 'Success', lines: expect.stringContaining('a: connected to n2, where') });
    await second.close();
    expect(await connected()).toEqual([]);
  });

  test('a change that one node makes ends the connection at the other one, at once', async () => {
    const url = await postgres!.fresh();
    const [first, second] = [await openNode('n1', url), await openNode('n2', url)];
    const worker = await first.plane.workers.add(agent('a'));
    const { closed, greeting } = await callServer(second, 'a');
    expect(greeting).toContain('welcome');
    const event = { spaceId: null, category: 'Modified', documentType: 'Worker', documentIds: [], differences: [] };
    const actor = {
      userId: 'Users-1',
      username: 'u',
      isService: false,
      establishedBy: '',
      userAgent: '',
      ipAddress: '',
    };
    const endpoint = { ...worker.endpoint, Secret: 'new' };
    await first.plane.workers.update({ ...worker, endpoint }, () => ({ ...event, actor, atMs: 0, message: '' }));
    await closed;
  }, 20_000); // given up before it looks by itself
});
