import { type Clock, type Host, type Logger, type ServerIdentity } from '@octo/kernel';
import { type LoadedPlugin, type Refused } from '@octo/kernel/host';
import {
  type ApiKeys,
  type Explanation,
  type ArtifactStore,
  type Connections,
  type Documents,
  type Events,
  type JoinTokens,
  type Journal,
  type Leases,
  type Liveness,
  type Nodes,
  type Pools,
  type Registry,
  type ServerTask,
  type Settings,
  type Signals,
  type Spaces,
  type Strays,
  type TaskRequest,
  type Tasks,
  type Worker,
  type Workers,
} from '@octo/plane';

/** The live plane, as routes see it. Made by boot.ts; free of sockets, so the CLI opens the very same. */
export interface Plane extends AsyncDisposable {
  readonly host: Host;
  readonly kind: 'server' | 'in-process';
  readonly installationId: string;
  readonly plugins: readonly LoadedPlugin[];
  readonly refused: readonly Refused[];
  readonly clock: Clock;
  readonly logger: Logger;
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
  readonly spaces: Spaces;
  readonly settings: Settings;
  readonly signals: Signals;
  readonly apiKeys: ApiKeys;
  readonly documents: Documents;
  readonly events: Events;
  readonly registry: Pick<Registry, 'styles' | 'transport'>;
  /** The installation as agents know it; made when it is first asked for. */
  readonly identity: ServerIdentity;
  /** Where agents call this process; set by the server, once they can. */
  comms: { readonly host: string; readonly port: number } | undefined;
  /** Communication styles that the loaded plugins speak. */
  styles(): readonly string[];
  /** Checks what can be checked before queueing (step types, pools, the switch of the built-in worker). */
  enqueue(spaceId: string, request: TaskRequest): Promise<ServerTask>;
  /** Queue a connectivity check of these workers, all of one space (R87, R88). `here`: by this node alone. */
  checkWorkers(workers: readonly Worker[], because: string, where?: 'here'): Promise<ServerTask>;
  /** Take no more work, and let go of what runs: scripts go on, and whoever adopts their tasks reads on. */
  letGo(): Promise<void>;
  /** Why a task is as it is (I1). */
  explain(task: ServerTask): Promise<Explanation>;
  /** Quiet about an ended task; NotFoundError for an unknown one. */
  cancel(taskId: string): Promise<ServerTask>;
}
