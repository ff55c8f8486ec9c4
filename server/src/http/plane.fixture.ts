import { httpApi, type OctoApi } from '@octo/api';
import { type Claim, type NewLine, type ServerTask } from '@octo/plane';
import { type FastifyInstance, type InjectOptions } from 'fastify';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openPlane } from '../boot.ts';
import { silentLogger } from '../logging.ts';
import { type Plane } from '../plane.ts';
import { buildApp } from './app.ts';
import { faultOf } from './openapi/answers.fixture.ts';

export const KEY = 'API-LOCALKEYOFTHISTEST';
export const NODE = 'server-test';

export interface TestServer {
  readonly plane: Plane;
  readonly app: FastifyInstance;
  /** With the key, as the parsed answer, which is held against the document of the API. */
  readonly ask: (url: string, more?: Partial<InjectOptions>) => Promise<Answer>;
}
export interface Answer {
  /** `GET /api/workers/:id`; undefined where none fits. */
  readonly route: string | undefined;
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every form
  readonly body: any;
}

/**
 * The routes over a real plane on a real data folder; both are gone after the test. `living`: this node is registered
 * and alive, with a task cap of 0, so that nothing runs but what the test does.
 */
export async function openTestServer({ living = false } = {}): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'octo-http-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const plane = await openPlane({
    dataDir,
    mode: living ? 'work' : 'read',
    logger: silentLogger,
    node: { id: NODE, name: 'test', kind: 'server', taskCap: 0 },
  });
  onTestFinished(() => plane[Symbol.asyncDispose]());
  const app = buildApp(plane, { localKey: KEY });
  onTestFinished(() => app.close());
  const routes = new WeakMap<IncomingMessage, string>();
  app.addHook('onRequest', async ({ raw, routeOptions }) => {
    if (routeOptions.url !== undefined) routes.set(raw, routeOptions.url);
  });
  const ask = async (url: string, more: Partial<InjectOptions> = {}): Promise<Answer> => {
    const headers = { 'x-octopus-apikey': KEY, ...more.headers };
    const answer = await app.inject({ method: 'GET', ...more, url, headers });
    const isJson = answer.headers['content-type']?.toString().startsWith('application/json');
    const body: unknown = isJson ? answer.json() : undefined;
    const request = answer.raw.req as IncomingMessage; // fastify's own, which is the one that it routed
    const answered = { method: request.method ?? '', route: routes.get(request), status: answer.statusCode, body };
    const fault = isJson ? await faultOf(app, answered) : undefined;
    if (fault !== undefined) throw new Error(fault);
    const route = answered.route && `${answered.method} ${answered.route}`;
    return { route, status: answer.statusCode, headers: answer.headers, text: answer.payload, body };
  };
  return { plane, app, ask };
}

/** The client over a real socket, at a port of its own. */
export async function listen(app: FastifyInstance): Promise<{ readonly url: string; readonly api: OctoApi }> {
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url, api: httpApi({ url, apiKey: KEY }) };
}

export function enqueue({ plane }: TestServer, description = 'a task'): Promise<ServerTask> {
  const properties = { 'Octopus.Action.Script.ScriptBody': 'echo hi', 'Octopus.Action.Script.Syntax': 'Bash' };
  const actions = [{ name: 'Say hi', type: 'Octopus.Script', properties }];
  return plane.enqueue('Spaces-1', { name: 'AdHocScript', description, actions, variables: [] });
}

/** Take the oldest queued task for a node, as its loop would. */
export async function claim({ plane }: TestServer, nodeId = NODE): Promise<Claim> {
  const nowMs = plane.clock.now();
  const taken = await plane.tasks.claimNext({ nodeId, onlyOwn: false }, { nowMs, untilMs: nowMs + 60_000 });
  if (!taken) throw new Error('nothing is queued');
  return taken.claim;
}

export function line(text: string, more: Partial<NewLine> = {}): NewLine {
  return { activityId: '1/1', category: 'Info', atMs: Date.UTC(2026, 0, 2), text, ...more };
}
