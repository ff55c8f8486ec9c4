import { OctoError } from '@octo/kernel';
import { type z } from 'zod';
import { type OctoApi } from './client.ts';
import { type accountSchema } from './documents/account.ts';
import { type machinePolicySchema } from './documents/machine-policy.ts';
import { type proxySchema } from './documents/others.ts';
import { fromErrorBody } from './error-body.ts';
import { type WorkerStyle } from './octopus-styles.ts';
import { taskForm, type TaskResource } from './resources.ts';
import { type Request } from './send.ts';

/** Members that octo does not know go round as they came: a change sends back what it has read. */
interface More {
  readonly [member: string]: unknown;
}
export interface WorkerInput extends More {
  readonly Name: string;
  /** Ids, names or slugs; at least one (R27). */
  readonly WorkerPoolIds: readonly string[];
  /** Id, name or slug; absent or empty: the default one. */
  readonly MachinePolicyId?: string;
  readonly IsDisabled?: boolean;
  readonly SkipInitialHealthCheck?: boolean;
  readonly Endpoint: More & { readonly CommunicationStyle: string };
}
export interface PoolInput extends More {
  readonly Name: string;
  readonly Description?: string;
  readonly IsDefault?: boolean;
  readonly SortOrder?: number;
}

/** What a space keeps and people change, by the last part of its path: in wire form, as it goes over the API. */
export interface Inputs {
  readonly workers: WorkerInput;
  readonly workerpools: PoolInput;
  readonly machinepolicies: z.input<typeof machinePolicySchema>;
  readonly accounts: z.input<typeof accountSchema>;
  readonly proxies: z.input<typeof proxySchema>;
}
export type ResourceKind = keyof Inputs;
export type WireResource<K extends ResourceKind = ResourceKind> = Inputs[K] & {
  readonly Id: string;
  readonly Name: string;
  readonly SpaceId: string;
  readonly Slug?: string;
};

export interface Resources<K extends ResourceKind> {
  /** All of them, by name. */
  list(signal: AbortSignal): Promise<readonly WireResource<K>[]>;
  /** By id or slug. */
  get(id: string, signal: AbortSignal): Promise<WireResource<K>>;
  create(input: Inputs[K], signal: AbortSignal): Promise<WireResource<K>>;
  /** The whole of it: a member that is left out gets its default. */
  update(id: string, input: Inputs[K], signal: AbortSignal): Promise<WireResource<K>>;
  remove(id: string, signal: AbortSignal): Promise<void>;
}

export function resources<K extends ResourceKind>(api: OctoApi, kind: K): Resources<K> {
  const at = `/api/${kind}`;
  const of = (id: string) => `${at}/${encodeURIComponent(id)}`;
  return {
    list: (signal) => answer(api, { method: 'GET', path: `${at}/all` }, signal),
    get: (id, signal) => answer(api, { method: 'GET', path: of(id) }, signal),
    create: (body, signal) => answer(api, { method: 'POST', path: at, body }, signal),
    update: (id, body, signal) => answer(api, { method: 'PUT', path: of(id), body }, signal),
    remove: async (id, signal) => void (await answer(api, { method: 'DELETE', path: of(id) }, signal)),
  };
}

export interface TaskInput {
  readonly Name: string;
  readonly Description?: string;
  readonly Arguments?: More;
}
/** Source: rest.md 2.10. */
export async function createTask(api: OctoApi, body: TaskInput, signal: AbortSignal): Promise<TaskResource> {
  return taskForm.bind(await answer(api, { method: 'POST', path: '/api/tasks', body }, signal)) as TaskResource; // by the same form
}
/** Every style that a worker may have. */
export function workerStyles(api: OctoApi, signal: AbortSignal): Promise<readonly WorkerStyle[]> {
  return answer(api, { method: 'GET', path: '/api/octo/styles' }, signal);
}

/** The parsed answer; an error of the server is thrown. `T` is what this route answers with, by its contract. */
async function answer<T>(api: OctoApi, request: Request, signal: AbortSignal): Promise<T> {
  const { status, text } = await api.raw(request, signal);
  const body = parsed(text);
  if (status >= 300) throw fromErrorBody(status, body);
  if (body !== undefined) return body as T; // the server made it by the same contract
  throw new OctoError('OCTO_API_ANSWER', `the answer to ${request.method} ${request.path} is not JSON`, {
    hint: 'check OCTO_URL: is it the address of an octo server?',
  });
}
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
