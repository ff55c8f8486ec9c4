import { NotFoundError, OctoError } from '@octo/kernel';
import { type OctoApi, type RawAnswer, type TaskQuery } from './client.ts';
import { fromErrorBody } from './error-body.ts';
import { Patience } from './patience.ts';
import * as wire from './resources.ts';
import { httpSend, type Request, type Response, type Send } from './send.ts';
import { sendInSpace } from './space-path.ts';

export interface HttpApiOptions {
  /** Address of the server, with or without /api. */
  readonly url: string;
  readonly apiKey: string;
  /** Longest wait for an answer, beyond what it was asked to wait, and between two pieces of a stream. Default 60,000 ms. */
  readonly answerMs?: number;
  /** The address is of this very machine, told by a file that only its user can read: any certificate will do. */
  readonly isOwnMachine?: boolean;
}
export function httpApi({ url, apiKey, answerMs, isOwnMachine }: HttpApiOptions): OctoApi {
  return new ApiClient(httpSend(url, isOwnMachine), apiKey, answerMs);
}
/** The same client into routes of this process. */
export function directApi(send: Send, apiKey: string): OctoApi {
  return new ApiClient(send, apiKey);
}

const poolsForm = wire.listOf(wire.workerPoolForm);
const workersForm = wire.listOf(wire.workerForm);
const nodesForm = wire.listOf(wire.nodeForm);
const conditionsForm = wire.listOf(wire.workerConditionForm);
const builtInWorkersForm = wire.listOf(wire.builtInWorkerForm);
const pluginsForm = wire.listOf(wire.pluginForm);
const spacesForm = wire.listOf(wire.spaceForm);

class ApiClient implements OctoApi {
  readonly #send: Send;
  readonly #apiKey: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #answerMs: number;

  constructor(send: Send, apiKey: string, answerMs = 60_000) {
    this.#send = send;
    this.#apiKey = apiKey;
    this.#headers = { 'x-octopus-apikey': apiKey, accept: 'application/json', 'user-agent': 'octo' };
    this.#answerMs = answerMs;
  }

  root(signal: AbortSignal): Promise<wire.RootResource> {
    return this.#get(wire.rootForm, '/api', signal);
  }
  spaces(signal: AbortSignal): Promise<readonly wire.SpaceResource[]> {
    return this.#get(spacesForm, '/api/spaces/all', signal);
  }
  run(request: wire.RunRequest, signal: AbortSignal): Promise<wire.TaskResource> {
    const body = wire.runRequestForm.toWire(request);
    return this.#call(wire.taskForm, { method: 'POST', path: '/api/octo/runs', body }, signal);
  }
  tasks(query: TaskQuery, signal: AbortSignal): Promise<wire.Paged<wire.TaskResource>> {
    const { ids, states, ...rest } = query;
    const lists = { ...(ids && { ids: ids.join(',') }), ...(states && { states: states.join(',') }) };
    return this.#get(wire.tasksForm, `/api/tasks${search({ ...rest, ...lists })}`, signal);
  }
  task(id: string, signal: AbortSignal): Promise<wire.TaskInsight> {
    return this.#get(wire.taskInsightForm, `/api/octo/tasks/${segment(id)}`, signal);
  }
  explain(id: string, signal: AbortSignal): Promise<wire.ExplanationResource> {
    return this.#get(wire.explanationForm, `/api/octo/tasks/${segment(id)}/explain`, signal);
  }
  async log(
    id: string,
    from: { readonly after: number; readonly waitMs: number },
    signal: AbortSignal,
  ): Promise<wire.LogPage> {
    const path = `/api/octo/tasks/${segment(id)}/log${search(from)}`;
    return wire.unpackLogPage(await this.#call(wire.logPageForm, { method: 'GET', path }, signal, from.waitMs));
  }
  async *rawLog(id: string, signal: AbortSignal): AsyncIterable<string> {
    const decoder = new TextDecoder();
    for await (const bytes of this.#bytes(`/api/tasks/${segment(id)}/raw`, signal))
      yield decoder.decode(bytes, { stream: true });
    yield decoder.decode();
  }
  cancel(id: string, signal: AbortSignal): Promise<wire.TaskResource> {
    return this.#call(wire.taskForm, { method: 'POST', path: `/api/tasks/${segment(id)}/cancel` }, signal);
  }

  async workers(query: { readonly pool?: string }, signal: AbortSignal): Promise<readonly wire.WorkerResource[]> {
    if (query.pool === undefined) return this.#get(workersForm, '/api/workers/all', signal);
    const { id } = await this.pool(query.pool, signal);
    return this.#get(workersForm, `/api/workers/all${search({ workerPoolIds: id })}`, signal);
  }
  async worker(idOrName: string, signal: AbortSignal): Promise<wire.WorkerResource> {
    return pick(await this.workers({}, signal), idOrName, 'OCTO_WORKER_NOT_FOUND', 'worker');
  }
  async workerConditions(
    query: { readonly pool?: string },
    signal: AbortSignal,
  ): Promise<readonly wire.WorkerCondition[]> {
    const pool = query.pool === undefined ? undefined : (await this.pool(query.pool, signal)).id;
    const path = `/api/octo/worker-conditions${pool === undefined ? '' : search({ workerPoolIds: pool })}`;
    return this.#get(conditionsForm, path, signal);
  }
  builtInWorkers(signal: AbortSignal): Promise<readonly wire.BuiltInWorkerResource[]> {
    return this.#get(builtInWorkersForm, '/api/octo/builtin-workers', signal);
  }
  pools(signal: AbortSignal): Promise<readonly wire.WorkerPoolResource[]> {
    return this.#get(poolsForm, '/api/workerpools/all', signal);
  }
  async pool(idOrName: string, signal: AbortSignal): Promise<wire.WorkerPoolResource> {
    return pick(await this.pools(signal), idOrName, 'OCTO_POOL_NOT_FOUND', 'worker pool');
  }
  nodes(signal: AbortSignal): Promise<readonly wire.NodeResource[]> {
    return this.#get(nodesForm, '/api/octo/nodes', signal);
  }
  setTaskCap(nodeId: string, taskCap: number, signal: AbortSignal): Promise<wire.NodeResource> {
    const request: Request = {
      method: 'PUT',
      path: `/api/octo/nodes/${segment(nodeId)}`,
      body: wire.taskCapForm.toWire({ taskCap }),
    };
    return this.#call(wire.nodeForm, request, signal);
  }
  plugins(signal: AbortSignal): Promise<readonly wire.PluginResource[]> {
    return this.#get(pluginsForm, '/api/octo/plugins', signal);
  }
  settings(signal: AbortSignal): Promise<wire.SettingsResource> {
    return this.#get(wire.settingsForm, '/api/octo/settings', signal);
  }
  setSettings(settings: wire.SettingsResource, signal: AbortSignal): Promise<wire.SettingsResource> {
    const body = wire.settingsForm.toWire(settings);
    return this.#call(wire.settingsForm, { method: 'PUT', path: '/api/octo/settings', body }, signal);
  }
  artifact(id: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#bytes(`/api/octo/artifacts/${segment(id)}`, signal);
  }
  async raw(request: Request, signal: AbortSignal): Promise<RawAnswer> {
    using patience = new Patience(named(request), signal);
    const answer = await patience.wait(this.#send(request, this.#headers, patience.signal), this.#answerMs);
    return { status: answer.status, text: await patience.wait(answer.text(), this.#answerMs) };
  }
  inSpace(spaceId: string): OctoApi {
    return new ApiClient(sendInSpace(this.#send, spaceId), this.#apiKey, this.#answerMs);
  }

  #get<T>(form: wire.WireForm<T>, path: string, signal: AbortSignal): Promise<T> {
    return this.#call(form, { method: 'GET', path }, signal);
  }
  /** `waitMs`: how long the server was asked to wait. */
  async #call<T>(form: wire.WireForm<T>, request: Request, signal: AbortSignal, waitMs = 0): Promise<T> {
    const what = named(request);
    using patience = new Patience(what, signal);
    const answer = await this.#open(request, patience, waitMs);
    const body = readJson(await patience.wait(answer.text(), this.#answerMs), what);
    return form.bind(body) as T; // a server of ours made it by the same form
  }
  /** Each piece may keep us waiting for so long; a slow reader is not counted. */
  async *#bytes(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const request: Request = { method: 'GET', path };
    using patience = new Patience(named(request), signal);
    const pieces = (await this.#open(request, patience)).bytes()[Symbol.asyncIterator]();
    for (;;) {
      const piece = await patience.wait(pieces.next(), this.#answerMs);
      if (piece.done) return;
      yield piece.value;
    }
  }
  /** An answer that is none of an error. */
  async #open(request: Request, patience: Patience, waitMs = 0): Promise<Response> {
    const answer = await patience.wait(this.#send(request, this.#headers, patience.signal), this.#answerMs + waitMs);
    if (answer.status < 300) return answer;
    const text = await patience.wait(answer.text(), this.#answerMs);
    throw fromErrorBody(answer.status, tryJson(text));
  }
}

function named({ method, path }: Request): string {
  return `${method} ${path.replace(/\?.*/, '')}`;
}
function segment(text: string): string {
  return encodeURIComponent(text);
}
function search(query: Readonly<Record<string, string | number | undefined>>): string {
  const parts = Object.entries(query).flatMap(([k, v]) => (v === undefined ? [] : [`${k}=${encodeURIComponent(v)}`]));
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

function readJson(text: string, what: string): unknown {
  const body = tryJson(text);
  if (body !== undefined) return body;
  throw new OctoError('OCTO_API_ANSWER', `the answer to ${what} is not JSON: ${text.slice(0, 60)}`, {
    hint: 'check OCTO_URL: is it the address of an octo server?',
  });
}
function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pick<T extends { readonly id: string; readonly name: string; readonly slug: string }>(
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
