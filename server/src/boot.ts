import {
  type Clock,
  Clock as ClockToken,
  type Comms,
  Comms as CommsToken,
  Host,
  Ids,
  Logger,
  type OwnMachine,
  OwnMachine as OwnMachineToken,
  type Provider,
  ServerIdentity,
  value,
  WiringError,
} from '@octo/kernel';
import {
  checkGraph,
  loadPlugins,
  Services,
  type Allowed,
  type LoadedPlugin,
  type Outside,
  type Refused,
} from '@octo/kernel/host';
import {
  BUILT_IN_STYLE,
  cancelTask,
  CONNECTION_LIMITS,
  enqueue,
  Explainer,
  type Limits,
  LIMITS,
  LimitsToken,
  Liveness,
  Loop,
  Nodes,
  OnlyOwn,
  planeProviders,
  Queue,
  Registry,
  Rooms,
  Runtimes,
  type TaskRequest,
  type Worker,
  Signals,
  type Node,
} from '@octo/plane';
import { openStorage, storageProviders, type Storage } from '@octo/storage';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, systemIds } from './clock.ts';
import { lazyIdentity } from './identity.ts';
import { type Plane } from './plane.ts';
import { openRegistry, openRooms } from './registry.ts';
import { openRuntimes } from './runtimes.ts';
import { standardPlugins } from './standard.ts';
import { VERSION } from './version.ts';

export interface PlaneOptions {
  /** Absolute. */
  readonly dataDir: string;
  readonly node: Pick<Node, 'id' | 'name' | 'kind' | 'taskCap'>;
  /** `read`: no node, no work, nothing adopted: for commands that only look. */
  readonly mode: 'work' | 'read';
  readonly logger: Logger;
  /** Folders whose package.json lists plugins, after the standard bundle. */
  readonly pluginRoots?: readonly string[];
  /** Which plugins of `pluginRoots` may be loaded. Absent: all. The standard ones always are. */
  readonly allowedPlugins?: readonly Allowed[];
  readonly masterKey?: string;
  /** `postgres://…`; default: SQLite in the data folder. */
  readonly databaseUrl?: string;
  /** How scripts run on this very machine. */
  readonly machine?: OwnMachine;
  /** Where transports listen for agents. Default: nowhere. */
  readonly comms?: Comms;
  /** Folder or URL with Node for workers that have none. */
  readonly nodeRuntimes?: string;
  /** How long this node waits for what. Default: `LIMITS`. */
  readonly limits?: Partial<Limits>;
}

/** What other processes on the database tell of; everything else is found by looking. */
const SHARED_TOPICS = ['queue', 'cancel', 'leases', 'workers', 'handed'];

/** Open the plane on a data folder. No listener is made here, so the CLI opens the very same. */
export async function openPlane(options: PlaneOptions): Promise<Plane> {
  await using undo = new AsyncDisposableStack();
  let registry: Registry | undefined; // which knows addresses, once plugins are loaded
  const storage = undo.use(
    await openStorage({
      addressOf: async (style, endpoint) => (await registry?.address(style, endpoint)) ?? '',
      dataDir: options.dataDir,
      ...(options.masterKey !== undefined && { masterKey: options.masterKey }),
      ...(options.databaseUrl !== undefined && { databaseUrl: options.databaseUrl }),
    }),
  );
  if (options.mode === 'work') await storage.hold(options.node.id);
  const found = await loadPlugins([standardPlugins(), ...outside(options)]);
  const { services, plugins, refused } = openServices(options, storage, found);
  undo.use(services);
  registry = services.get(Registry);
  if (options.mode === 'work') {
    await proveScriptUser(services, options);
    await register(services, options);
    await services.get(Loop).start();
    const signals = services.get(Signals);
    await storage.news.hear(SHARED_TOPICS, (topic) => signals.publish(topic));
  }
  const held = undo.move();
  return makePlane(options, storage, { services, plugins, refused }, held);
}

function outside({ pluginRoots = [], allowedPlugins }: PlaneOptions): Outside[] {
  return pluginRoots.map((folder) => ({ folder, ...(allowedPlugins && { allow: allowedPlugins }) }));
}

function openServices(
  options: PlaneOptions,
  storage: Storage,
  found: { readonly plugins: readonly LoadedPlugin[]; readonly refused: readonly Refused[] },
) {
  const host = { dataDir: options.dataDir, nodeId: options.node.id, version: VERSION };
  const own: Provider[] = [
    value(ClockToken, systemClock),
    value(Ids, systemIds),
    value(Logger, options.logger),
    value(Host, host),
    value(OwnMachineToken, options.machine ?? {}),
    value(CommsToken, options.comms ?? {}),
    value(ServerIdentity, lazyIdentity(storage.documents, systemClock)),
    value(
      Runtimes,
      openRuntimes({
        agentsDir: join(options.dataDir, 'agents'),
        cacheDir: join(options.dataDir, 'cache', 'node'),
        ...(options.nodeRuntimes !== undefined && { source: options.nodeRuntimes }),
      }),
    ),
    value(OnlyOwn, options.node.kind === 'in-process'),
    ...storageProviders(storage),
    ...planeProviders.filter(({ token }) => token !== LimitsToken),
    value(LimitsToken, { ...LIMITS, ...options.limits }),
  ];
  const { plugins, refused } = keepSound(own, found);
  const live = (): Services => services;
  const services: Services = Services.open([
    ...own,
    value(Registry, openRegistry(plugins, live)),
    value(Rooms, openRooms(live)),
    ...plugins.flatMap((p) => p.plugin.services ?? []),
  ]);
  return { services, plugins, refused };
}

/** A plugin whose services cannot be wired is refused by name, like one that cannot be loaded; the rest works. */
function keepSound(
  own: readonly Provider[],
  found: { readonly plugins: readonly LoadedPlugin[]; readonly refused: readonly Refused[] },
) {
  const plugins: LoadedPlugin[] = [];
  const refused: Refused[] = [...found.refused];
  const stand = [value(Registry, undefined as never), value(Rooms, undefined as never)]; // made later; here only their names count
  for (const candidate of found.plugins) {
    const services = [...plugins, candidate].flatMap((p) => p.plugin.services ?? []);
    try {
      checkGraph([...own, ...stand, ...services]);
      plugins.push(candidate);
    } catch (error) {
      if (!(error instanceof WiringError)) throw error;
      refused.push({ name: candidate.plugin.name, root: candidate.root, error });
    }
  }
  return { plugins, refused };
}

/** Where scripts run as somebody else, that is proved before anything starts, and refused with the reason (R21, R22). */
async function proveScriptUser(services: Services, { dataDir, machine, logger }: PlaneOptions): Promise<void> {
  const { scriptUser = 'own' } = machine ?? {};
  if (scriptUser === 'own') return;
  await chmod(dataDir, 0o711); // to be passed, not to be listed; every file of ours in it is 0600
  const noLog = { write() {}, progress() {} };
  const none = () => Promise.reject(new Error('the built-in worker has none'));
  const opening = { workerId: '', endpoint: {}, limits: CONNECTION_LIMITS, log: noLog, account: none, proxy: none };
  const signal = AbortSignal.timeout(60_000);
  await using session = await services.get(Registry).transport(BUILT_IN_STYLE)?.open(opening, signal);
  const { scriptsRunAs } = (await session?.capabilities(signal)) ?? {};
  logger.info({ room: 'machine', scriptsRunAs }, 'scripts of the built-in worker run as somebody else');
}

async function register(services: Services, { node }: PlaneOptions): Promise<void> {
  const nowMs = services.get(ClockToken).now();
  await services.get(Nodes).register({ ...node, startedAtMs: nowMs, lastSeenMs: nowMs });
}

function makePlane(
  options: PlaneOptions,
  storage: Storage,
  live: {
    readonly services: Services;
    readonly plugins: readonly LoadedPlugin[];
    readonly refused: readonly Refused[];
  },
  held: AsyncDisposableStack,
): Plane {
  const { services, plugins, refused } = live;
  const queue = services.get(Queue);
  const clock: Clock = services.get(ClockToken);
  const isInProcess = options.node.kind === 'in-process';
  return {
    host: services.get(Host),
    kind: options.node.kind,
    installationId: storage.installationId,
    plugins,
    refused,
    clock,
    logger: options.logger,
    ...storesOf(storage),
    registry: services.get(Registry),
    identity: services.get(ServerIdentity),
    comms: undefined,
    styles: () => services.get(Registry).styles(),
    checkWorkers: (wanted, because, where) =>
      enqueue(
        queue,
        wanted[0]?.spaceId ?? '',
        healthRequest(wanted, because),
        isInProcess || where === 'here' ? options.node.id : undefined,
      ),
    liveness: services.get(Liveness),
    signals: services.get(Signals),
    enqueue: (spaceId, request) => enqueue(queue, spaceId, request, isInProcess ? options.node.id : undefined),
    letGo: async () => services.get(Loop)[Symbol.asyncDispose](),
    explain: services.get(Explainer),
    cancel: (taskId) => cancelTask(queue, taskId),
    async [Symbol.asyncDispose]() {
      try {
        if (isInProcess && options.mode === 'work') await leave(services, options.node.id);
      } finally {
        await held.disposeAsync();
      }
    },
  };
}

function storesOf(storage: Storage) {
  const { tasks, journal, artifacts, leases, workers, connections, joinTokens, pools, nodes } = storage;
  const { spaces, settings, apiKeys, documents, events, strays } = storage;
  const work = { tasks, journal, artifacts, leases, workers, connections, joinTokens, pools, nodes };
  return { ...work, spaces, settings, apiKeys, documents, events, strays };
}

function healthRequest(workers: readonly Worker[], because: string): TaskRequest {
  const names = workers.map((worker) => worker.name).join(', ');
  const description = `Check ${names}, which ${because}`.slice(0, 1_000);
  const health = { workerIds: workers.map((worker) => worker.id) };
  return { name: 'Health', description, actions: [], variables: [], health };
}

/**
 * An in-process plane that leaves early cancels what it had queued: nobody else may take it. With nothing left running
 * it is no node any more; else its row stays, for whoever takes over what it held (house.md 6.3).
 */
async function leave(services: Services, nodeId: string): Promise<void> {
  const { tasks, clock } = services.get(Queue);
  const change = { errorCode: 'OCTO_NODE_GONE', errorMessage: 'the process that queued the task ended' };
  await tasks.endQueued({ onlyNodeId: nodeId }, 'Canceled', change, clock.now());
  const running = await tasks.list({ nodeId, states: ['Executing', 'Cancelling'], skip: 0, take: 1 });
  if (running.total === 0) await services.get(Nodes).remove(nodeId);
}
