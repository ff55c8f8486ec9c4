import {
  type BuiltInWorkerResource,
  type WorkerCondition,
  type ExplanationResource,
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
  type TaskState,
  type WorkerPoolResource,
  type WorkerResource,
} from './resources.ts';
import { type Request } from './send.ts';

export interface TaskQuery {
  readonly skip?: number;
  readonly take?: number;
  readonly ids?: readonly string[];
  readonly states?: readonly TaskState[];
  readonly name?: string;
  readonly partialName?: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

/** The typed client: the same calls over HTTP and, without a socket, into a plane opened in this process. */
export interface OctoApi {
  root(signal: AbortSignal): Promise<RootResource>;
  spaces(signal: AbortSignal): Promise<readonly SpaceResource[]>;
  run(request: RunRequest, signal: AbortSignal): Promise<TaskResource>;
  tasks(query: TaskQuery, signal: AbortSignal): Promise<Paged<TaskResource>>;
  task(id: string, signal: AbortSignal): Promise<TaskInsight>;
  /** Why the task waits, what it does where, or how it ended. */
  explain(id: string, signal: AbortSignal): Promise<ExplanationResource>;
  /** Waits up to `waitMs` for news after line `after`. */
  log(id: string, from: { readonly after: number; readonly waitMs: number }, signal: AbortSignal): Promise<LogPage>;
  /** The whole log as text, in chunks. */
  rawLog(id: string, signal: AbortSignal): AsyncIterable<string>;
  cancel(id: string, signal: AbortSignal): Promise<TaskResource>;
  workers(query: { readonly pool?: string }, signal: AbortSignal): Promise<readonly WorkerResource[]>;
  worker(idOrName: string, signal: AbortSignal): Promise<WorkerResource>;
  /** What each of these workers is fit for now. */
  workerConditions(query: { readonly pool?: string }, signal: AbortSignal): Promise<readonly WorkerCondition[]>;
  builtInWorkers(signal: AbortSignal): Promise<readonly BuiltInWorkerResource[]>;
  pools(signal: AbortSignal): Promise<readonly WorkerPoolResource[]>;
  pool(idOrName: string, signal: AbortSignal): Promise<WorkerPoolResource>;
  nodes(signal: AbortSignal): Promise<readonly NodeResource[]>;
  setTaskCap(nodeId: string, taskCap: number, signal: AbortSignal): Promise<NodeResource>;
  plugins(signal: AbortSignal): Promise<readonly PluginResource[]>;
  settings(signal: AbortSignal): Promise<SettingsResource>;
  setSettings(settings: SettingsResource, signal: AbortSignal): Promise<SettingsResource>;
  /** Bytes of an artifact. */
  artifact(id: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Any request, and its answer as it is, also that of an error. The rest of the API is built on it. */
  raw(request: Request, signal: AbortSignal): Promise<RawAnswer>;
  /** The same client; what belongs to a space is then asked of this one instead of the default space. */
  inSpace(spaceId: string): OctoApi;
}
