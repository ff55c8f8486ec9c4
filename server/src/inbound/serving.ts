import { type Comms, ConflictError, type Inbound, type Logger, OctoError } from '@octo/kernel';
import { type LiveTransport } from '@octo/plane';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Server } from 'node:http';
import { type Plane } from '../plane.ts';
import { Presence } from './presence.ts';
import { Registrations } from './registrations.ts';
import { Upgrades } from './upgrades.ts';
import { Welcome } from './welcome.ts';

export interface Serving extends AsyncDisposable {
  /** Where agents call; absent: nothing listens beside the server's own port. */
  readonly comms?: { readonly host: string; readonly port: number };
}

/** How long the start waits for a transport to say that agents can come; then it goes on without. */
const READY_MS = 10_000;
/** How long a stop waits for transports to let go. */
const STOP_MS = 5_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** Run `serve` of every transport that has it, on the server whose routes these are. Resolves when agents can come. */
export async function serveAgents(plane: Plane, server: Server, comms: Comms): Promise<Serving> {
  const styles = plane.registry.styles().map((style) => plane.registry.transport(style));
  const transports = styles.filter((it) => it?.serve !== undefined);
  if (transports.length === 0) return { async [Symbol.asyncDispose]() {} };
  await plane.workers.readdress();
  await using undo = new AsyncDisposableStack();
  const { workers, tasks, connections, signals, clock, logger, host } = plane;
  const check = (some: Parameters<Plane['checkWorkers']>[0]) => plane.checkWorkers(some, 'connected', 'here');
  const welcome = undo.use(new Welcome({ workers, tasks, signals, clock, logger, check }));
  const came = (ids: readonly string[]) => welcome.came(ids);
  const presence = undo.use(new Presence({ connections, signals, clock, logger, nodeId: host.nodeId, came }));
  const registrations = undo.use(new Registrations({ workers, signals, clock, logger }));
  const upgrades = undo.use(new Upgrades(server));
  const stop = new AbortController();
  const opened = transports.map((transport) => {
    const rooms = { registrations, presence, upgrades };
    return keepServing(transport as Served, rooms, { logger, signal: stop.signal });
  });
  undo.defer(() => stopped(stop, opened, logger));
  const places = await Promise.all(opened.map((it) => it.ready.catch((error: unknown) => refuse(error, comms.listen))));
  const at = places.find((it) => it !== undefined);
  // Agents know the port from now on: serving that is started again keeps it. Not sooner: several styles may serve.
  if (at && comms.listen?.port === 0) Object.assign(comms, { listen: { ...comms.listen, port: at.port } });
  const held = undo.move();
  return { ...(at && { comms: at }), [Symbol.asyncDispose]: () => held.disposeAsync() };
}

type Served = LiveTransport & Required<Pick<LiveTransport, 'serve'>>;
interface Rooms {
  readonly registrations: Registrations;
  readonly presence: Presence;
  readonly upgrades: Upgrades;
}
interface Opened {
  /** Where it listens; rejects where it cannot listen there. */
  readonly ready: Promise<{ readonly host: string; readonly port: number } | undefined>;
  readonly over: Promise<void>;
}

function keepServing(
  transport: Served,
  { registrations, presence, upgrades }: Rooms,
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): Opened {
  const first = Promise.withResolvers<{ readonly host: string; readonly port: number } | undefined>();
  const { style } = transport;
  let isReady = false;
  const inbound: Inbound<unknown> = {
    ready(at) {
      isReady = true;
      logger.info({ room: 'inbound', style, ...at }, 'agents can come');
      first.resolve(at);
    },
    find: (address) => registrations.find(style, address),
    here: (workerId) => presence.here(workerId),
    upgrade: (path, take) => upgrades.add(path, take),
  };
  const serve = async (): Promise<void> => {
    for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted;) {
      const beganAtMs = Date.now();
      try {
        await transport.serve(inbound, signal);
        return first.resolve(undefined);
      } catch (error) {
        if (signal.aborted) return first.resolve(undefined);
        if (!isReady && cannotListen(error) !== undefined) return first.reject(error as Error);
        first.resolve(undefined);
        if (Date.now() - beganAtMs > LONGEST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS;
        const code = OctoError.is(error) ? error.code : 'OCTO_BUG';
        const fields = { room: 'inbound', style, code, error: String(error), pauseMs };
        logger.error(fields, 'serving agents of a style has failed; it is started again');
        await sleep(pauseMs, undefined, { signal }).catch(() => {});
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      }
    }
  };
  const over = serve();
  const late = sleep(READY_MS, undefined, { signal, ref: false }).catch(() => undefined);
  return { ready: Promise.race([first.promise, late]), over };
}

async function stopped(stop: AbortController, opened: readonly Opened[], logger: Logger): Promise<void> {
  stop.abort();
  const all = Promise.allSettled(opened.map((it) => it.over)).then(() => true);
  const late = new AbortController(); // a timer that is left would keep the process for as long
  const isOver = await Promise.race([all, sleep(STOP_MS, false, { signal: late.signal })]);
  late.abort();
  if (isOver) return;
  logger.warn({ room: 'inbound' }, 'a transport does not let go of its agents; the server stops without it');
}

/** Codes of Node: the address is taken, forbidden or not of this machine. */
const LISTENING = new Set(['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL']);
function cannotListen(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, syscall } = at as NodeJS.ErrnoException;
    if (code !== undefined && LISTENING.has(code) && syscall !== 'open') return code;
  }
  return undefined;
}

function refuse(cause: unknown, listen: Comms['listen']): never {
  const where = listen ? `${listen.host}:${listen.port}` : 'its address';
  throw new ConflictError('OCTO_SERVER_COMMS_PORT', `cannot listen for agents on ${where} (${cannotListen(cause)})`, {
    hint: 'choose another --comms-port (0: any free one), or --comms-port none where no agent calls this server',
    cause,
  });
}
