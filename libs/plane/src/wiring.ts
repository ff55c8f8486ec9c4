import { Clock, Host, Ids, Logger, provide, token, type Provider } from '@octo/kernel';
import { explainTask } from './explain/explain-task.ts';
import { type Explanation } from './explain/explanation.ts';
import { PlaceFailures } from './health/quarantine.ts';
import { LIMITS, type Limits } from './limits.ts';
import { type ServerTask } from './model/task.ts';
import * as administration from './ports-administration.ts';
import * as ports from './ports.ts';
import { Strays } from './ports-strays.ts';
import { type QueueDeps } from './queue/enqueue.ts';
import { NodeLoop } from './queue/loop.ts';
import { type Workshop } from './queue/room.ts';
import { LocalSignals } from './signals.ts';

export const LimitsToken = token<Limits>('octo.plane.Limits');
/** Whether this node takes only what it enqueued itself. */
export const OnlyOwn = token<boolean>('octo.plane.OnlyOwn');
export const Loop = token<NodeLoop>('octo.plane.Loop');
/** Answers why a task is as it is. */
export const Explainer = token<(task: ServerTask) => Promise<Explanation>>('octo.plane.Explainer');
export const Queue = token<QueueDeps>('octo.plane.Queue');

const workshop = {
  tasks: ports.Tasks,
  journal: ports.Journal,
  artifacts: ports.ArtifactStore,
  documents: administration.Documents,
  events: administration.Events,
  pools: ports.Pools,
  spaces: administration.Spaces,
  workers: ports.Workers,
  leases: ports.Leases,
  connections: ports.Connections,
  strays: Strays,
  settings: ports.Settings,
  registry: ports.Registry,
  rooms: ports.Rooms,
  runtimes: ports.Runtimes,
  signals: ports.Signals,
  nodes: ports.Nodes,
  liveness: ports.Liveness,
  limits: LimitsToken,
  clock: Clock,
  ids: Ids,
  logger: Logger,
  host: Host,
  onlyOwn: OnlyOwn,
};

/** What this package makes. The stores come from libs/storage; registry, rooms and `onlyOwn` from the app. */
export const planeProviders: readonly Provider[] = [
  provide(ports.Signals, {}, () => new LocalSignals()),
  provide(LimitsToken, {}, () => LIMITS),
  provide(
    Queue,
    {
      tasks: ports.Tasks,
      journal: ports.Journal,
      pools: ports.Pools,
      registry: ports.Registry,
      signals: ports.Signals,
      clock: Clock,
      limits: LimitsToken,
    },
    (deps) => deps,
  ),
  provide(Explainer, workshop, ({ host, ...deps }) => {
    const at = { ...deps, nodeId: host.nodeId };
    return (task) => explainTask(at, task);
  }),
  provide(Loop, workshop, ({ host, onlyOwn, ...deps }) => {
    const own = { sinceMs: deps.clock.now(), places: new PlaceFailures(deps) };
    const shop: Workshop & typeof deps = { ...deps, ...own, onlyOwn, nodeId: host.nodeId };
    return new NodeLoop(shop, { onlyOwn });
  }),
];
