import {
  type ActivityLog,
  type Deps,
  type Inbound,
  OctoError,
  parse,
  type Resolved,
  Space,
  TaskLog,
  type Transport,
  type TransportType,
  value,
} from '@octo/kernel';
import { type LoadedPlugin, type Services } from '@octo/kernel/host';
import { type LiveTransport, type Registry, type Rooms, type StepServices } from '@octo/plane';

/** Step types, schedulers and transports of the loaded plugins. A transport is made when it is first asked for. */
export function openRegistry(plugins: readonly LoadedPlugin[], services: () => Services): Registry & AsyncDisposable {
  const all = plugins.map((p) => p.plugin);
  const steps = new Map(all.flatMap((p) => p.steps ?? []).map((s) => [s.type, s]));
  const schedulers = new Map(all.flatMap((p) => p.schedulers ?? []).map((s) => [s.name, s]));
  const types = new Map(all.flatMap((p) => p.transports ?? []).map((t) => [t.style, t]));
  const live = new Map<string, LiveTransport>();
  const transports: unknown[] = [];
  return {
    stepTypes: () => [...steps.keys()].sort(),
    step: (type) => steps.get(type),
    styles: () => [...types.keys()].sort(),
    scheduler: (name) => schedulers.get(name),
    transport(style) {
      const type = types.get(style);
      const made = live.get(style);
      if (!type || made) return made;
      const transport = type.create(services().resolve(type.deps) as never); // typed by defineTransport
      transports.push(transport);
      const it = liveTransport(type, transport);
      live.set(style, it);
      return it;
    },
    async address(style, endpoint) {
      const type = types.get(style);
      if (!type?.address) return '';
      try {
        return type.address(await parse(type.endpoint, endpoint, 'the endpoint'));
      } catch (error) {
        if (OctoError.is(error) && error.kind === 'InputError') return ''; // of another time, or of an official client
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      for (const transport of transports.splice(0).reverse()) {
        if (isAsyncDisposable(transport)) await transport[Symbol.asyncDispose]();
      }
    },
  };
}

/** Endpoints are parsed here, by the schema of their style, before the transport sees them. */
function liveTransport(type: TransportType, transport: Transport<unknown>): LiveTransport {
  const parsed = (endpoint: unknown, workerId: string) => parse(type.endpoint, endpoint, `endpoint of ${workerId}`);
  return {
    style: type.style,
    reach: type.reach,
    open: async (to, signal) => transport.open({ ...to, endpoint: await parsed(to.endpoint, to.workerId) }, signal),
    ...(transport.discover && {
      discover: async (at, signal) => ({ ...(await transport.discover?.(at, signal)) }), // an endpoint is an object
    }),
    ...(transport.serve && {
      serve: async (inbound, signal) => transport.serve?.(withParsed(inbound, parsed), signal),
    }),
  };
}

function withParsed(
  inbound: Inbound<unknown>,
  parsed: (endpoint: unknown, workerId: string) => Promise<unknown>,
): Inbound<unknown> {
  return {
    ready: (at) => inbound.ready(at),
    here: (workerId) => inbound.here(workerId),
    upgrade: (path, take) => inbound.upgrade(path, take),
    async find(address) {
      const found = await inbound.find(address);
      return Promise.all(found.map(async (it) => ({ ...it, endpoint: await parsed(it.endpoint, it.workerId) })));
    },
  };
}

/** Rooms inside the server's: one per space, kept, and one per task, left with the task. */
export function openRooms(services: () => Services): Rooms {
  const spaces = new Map<string, Services>();
  return {
    openTask({ spaceId, log }: { readonly spaceId: string; readonly log: ActivityLog }): StepServices {
      const space = spaces.get(spaceId) ?? services().child('space', [value(Space, { id: spaceId })]);
      spaces.set(spaceId, space);
      const room = space.child('task', [value(TaskLog, log)]);
      return {
        resolve: <D extends Deps>(deps: D): Resolved<D> => room.resolve(deps),
        [Symbol.asyncDispose]: () => room[Symbol.asyncDispose](),
      };
    },
  };
}

function isAsyncDisposable(it: unknown): it is AsyncDisposable {
  return typeof it === 'object' && it !== null && Symbol.asyncDispose in it;
}
