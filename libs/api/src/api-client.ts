import { NotFoundError } from '@octo/kernel';
import { type OctoApi, type TaskQuery } from './client.ts';
import {
  type BuiltInWorkerResource,
  type LogPage,
  type NodeResource,
  type Paged,
  type PluginResource,
  type RootResource,
  type RunRequest,
  type SettingsResource,
  type SpaceResource,
  type TaskInsight,
  type TaskResource,
  type WorkerPoolResource,
  type WorkerResource,
} from './resources.ts';
import { checked, httpSend, type Request, type Send } from './send.ts';
import { fromWire, toWire } from './wire.ts';

/** Longest time that an answer may take beyond what it was asked to wait; then the call fails. */
const ANSWER_MS = 60_000;

export function httpApi(to: { readonly url: string; readonly apiKey: string }): OctoApi {
  return new ApiClient(httpSend(to.url), to.apiKey);
}
/** The same client into routes of this process. */
export function directApi(send: Send, apiKey: string): OctoApi {
  return new ApiClient(send, apiKey);
}

class ApiClient implements OctoApi {
  readonly #send: Send;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(send: Send, apiKey: string) {
    this.#send = send;
    this.#headers = { 'x-octopus-apikey': apiKey, accept: 'application/json' };
  }

  root(signal: AbortSignal): Promise<RootResource> {
    return this.#get('/api', signal);
  }
  spaces(signal: AbortSignal): Promise<readonly SpaceResource[]> {
    return this.#get('/api/spaces/all', signal);
  }
  run(request: RunRequest, signal: AbortSignal): Promise<TaskResource> {
    return this.#call({ method: 'POST', path: '/api/octo/runs', body: toWire(request) }, signal);
  }
  tasks(query: TaskQuery, signal: AbortSignal): Promise<Paged<TaskResource>> {
    const { ids, states, ...rest } = query;
    const lists = { ...(ids && { ids: ids.join(',') }), ...(states && { states: states.join(',') }) };
    return this.#get(`/api/tasks${search({ ...rest, ...lists })}`, signal);
  }
  task(id: string, signal: AbortSignal): Promise<TaskInsight> {
    return this.#get(`/api/octo/tasks/${segment(id)}`, signal);
  }
  log(id: string, from: { readonly after: number; readonly waitMs: number }, signal: AbortSignal): Promise<LogPage> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(from.waitMs + ANSWER_MS)]);
    return this.#get(`/api/octo/tasks/${segment(id)}/log${search(from)}`, limit);
  }
  async *rawLog(id: string, signal: AbortSignal): AsyncIterable<string> {
    const decoder = new TextDecoder();
    for await (const bytes of this.#bytes(`/api/tasks/${segment(id)}/raw`, signal))
      yield decoder.decode(bytes, { stream: true });
    yield decoder.decode();
  }
  cancel(id: string, signal: AbortSignal): Promise<TaskResource> {
    return this.#call({ method: 'POST', path: `/api/tasks/${segment(id)}/cancel` }, signal);
  }

  async workers(query: { readonly pool?: string }, signal: AbortSignal): Promise<readonly WorkerResource[]> {
    if (query.pool === undefined) return this.#get('/api/workers/all', signal);
    const { id } = await this.pool(query.pool, signal);
    return this.#get(`/api/workers/all${search({ workerPoolIds: id })}`, signal);
  }
  async worker(idOrName: string, signal: AbortSignal): Promise<WorkerResource> {
    const all = await this.workers({}, signal);
    return pick(all, idOrName, 'OCTO_WORKER_NOT_FOUND', 'worker');
  }
  builtInWorkers(signal: AbortSignal): Promise<readonly BuiltInWorkerResource[]> {
    return this.#get('/api/octo/builtin-workers', signal);
  }
  pools(signal: AbortSignal): Promise<readonly WorkerPoolResource[]> {
    return this.#get('/api/workerpools/all', signal);
  }
  async pool(idOrName: string, signal: AbortSignal): Promise<WorkerPoolResource> {
    return pick(await this.pools(signal), idOrName, 'OCTO_POOL_NOT_FOUND', 'worker pool');
  }
  nodes(signal: AbortSignal): Promise<readonly NodeResource[]> {
    return this.#get('/api/octo/nodes', signal);
  }
  setTaskCap(nodeId: string, taskCap: number, signal: AbortSignal): Promise<NodeResource> {
    return this.#call(
      { method: 'PUT', path: `/api/octo/nodes/${segment(nodeId)}`, body: { TaskCap: taskCap } },
      signal,
    );
  }
  plugins(signal: AbortSignal): Promise<readonly PluginResource[]> {
    return this.#get('/api/octo/plugins', signal);
  }
  settings(signal: AbortSignal): Promise<SettingsResource> {
    return this.#get('/api/octo/settings', signal);
  }
  setSettings(settings: SettingsResource, signal: AbortSignal): Promise<SettingsResource> {
    return this.#call({ method: 'PUT', path: '/api/octo/settings', body: toWire(settings) }, signal);
  }
  artifact(id: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#bytes(`/api/octo/artifacts/${segment(id)}`, signal);
  }

  #get<T>(path: string, signal: AbortSignal): Promise<T> {
    return this.#call({ method: 'GET', path }, signal);
  }
  async #call<T>(request: Request, signal: AbortSignal): Promise<T> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(2 * ANSWER_MS)]);
    const answer = await checked(await this.#send(request, this.#headers, limit));
    return fromWire(JSON.parse(await answer.text())) as T; // the server's schemas made it
  }
  async *#bytes(path: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
    yield* (await checked(await this.#send({ method: 'GET', path }, this.#headers, signal))).bytes();
  }
}

function segment(text: string): string {
  return encodeURIComponent(text);
}
function search(query: Readonly<Record<string, string | number | undefined>>): string {
  const parts = Object.entries(query).flatMap(([k, v]) => (v === undefined ? [] : [`${k}=${encodeURIComponent(v)}`]));
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
function pick<T extends { id: string; name: string; slug: string }>(
  all: readonly T[],
  wanted: string,
  code: `OCTO_${string}`,
  what: string,
): T {
  const key = wanted.toLowerCase();
  const found = all.find((it) => [it.id, it.name, it.slug].some((word) => word.toLowerCase() === key));
  if (found) return found;
  const names = all.map((it) => it.name).join(', ');
  throw new NotFoundError(code, `there is no ${what} "${wanted}"`, {
    hint: names ? `choose one of: ${names}` : `there is no ${what} at all`,
  });
}
