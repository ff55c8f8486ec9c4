import {
  type ApiKeys,
  type ArtifactStore,
  type Claim,
  type Connections,
  type Documents,
  type Events,
  type JoinTokens,
  type Journal,
  type Leases,
  type Liveness,
  type NewLine,
  type Nodes,
  type Pools,
  type ServerTask,
  type Settings,
  type Spaces,
  type Strays,
  type TaskRequest,
  type Tasks,
  type Workers,
} from '@octo/plane';

/** The stores of one installation, as `storageContract` opens them. Opening again means: another process, same data. */
export interface StorageUnderTest extends AsyncDisposable {
  readonly tasks: Tasks;
  readonly journal: Journal;
  readonly artifacts: ArtifactStore;
  readonly leases: Leases;
  readonly workers: Workers;
  readonly connections: Connections;
  readonly strays: Strays;
  readonly joinTokens: JoinTokens;
  readonly pools: Pools;
  readonly nodes: Nodes;
  readonly liveness: Liveness;
  readonly settings: Settings;
  readonly apiKeys: ApiKeys;
  readonly spaces: Spaces;
  readonly documents: Documents;
  readonly events: Events;
  hold(nodeId: string): Promise<void>;
}
export type AddressOf = (style: string, endpoint: unknown) => Promise<string>;
export interface Installation extends AsyncDisposable {
  /** Without `addressOf` no endpoint has an address. */
  open(addressOf?: AddressOf): Promise<StorageUnderTest>;
}

export const request: TaskRequest = {
  name: 'AdHocScript',
  description: 'say hi',
  actions: [{ name: 'a', type: 'Octopus.Script', properties: { 'Octopus.Action.Script.ScriptBody': 'echo hi' } }],
  variables: [{ name: 'P', value: 'planted-secret', sensitive: true }],
};
export const line = (text: string, more: Partial<NewLine> = {}): NewLine => ({
  activityId: '',
  category: 'Info',
  atMs: 5,
  text,
  ...more,
});
export const AT = { nowMs: 1_000, untilMs: 31_000 };

/** What a suite has at hand in each of its tests. */
export interface Bench {
  readonly installation: Installation;
  readonly s: StorageUnderTest;
  enqueue(more?: Partial<Parameters<Tasks['enqueue']>[2]>): Promise<ServerTask>;
  claimed(nodeId?: string): Promise<Claim>;
}
