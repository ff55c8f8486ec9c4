import { setTimeout as sleep } from 'node:timers/promises';
import { type SecureContext } from 'node:tls';
import { answer } from './answer.ts';
import { type ServiceHost } from './contract.ts';
import { identityBlock, MUX_OFFER, PREAMBLE, subscriptionUri } from './control.ts';
import { nameOf, openTls, type Target } from './dial.ts';
import { readDeflated } from './framing.ts';
import { type HalibutLimits } from './limits.ts';
import { expectServer } from './listening-caller.ts';
import { readMessage } from './message.ts';
import { Mux } from './mux.ts';
import { type Serving, serveSubscription } from './serve.ts';
import { Wire } from './wire.ts';

export type PollState =
  | { readonly state: 'connected'; readonly connection: number; readonly isMultiplexed: boolean }
  /** `error` is absent when the server just closed the connection. */
  | { readonly state: 'lost'; readonly connection: number; readonly error?: unknown; readonly retryMs: number };

export interface PollOptions extends Target {
  readonly thumbprint: string;
  /** 'poll://abc/'. */
  readonly subscription: string;
  /** Connections at the same time. A server that multiplexes gets one, for it needs no more. */
  readonly connections: number;
  readonly services: ServiceHost;
  /** Offer to multiplex. Default true; stock servers pass over the offer. */
  readonly offersMux?: boolean;
  readonly onState?: (state: PollState) => void;
}

/** Connects to a server and answers its calls until the signal aborts. It never gives up, and waits between tries (halibut.md 8.4). */
export async function poll(
  options: PollOptions,
  context: SecureContext,
  limits: HalibutLimits,
  signal: AbortSignal,
): Promise<void> {
  const mux = { isOpen: false };
  const count = Math.min(Math.max(1, Math.floor(options.connections)), 512);
  const loops = Array.from({ length: count }, (_, connection) =>
    keepConnected({ options, context, limits, connection, mux }, signal),
  );
  await Promise.all(loops);
}

interface Loop {
  readonly options: PollOptions;
  readonly context: SecureContext;
  readonly limits: HalibutLimits;
  readonly connection: number;
  /** Shared by the loops of one server: while one multiplexes the others rest. */
  readonly mux: { isOpen: boolean };
}

async function keepConnected(loop: Loop, signal: AbortSignal): Promise<void> {
  const { options, limits, connection, mux } = loop;
  const factor = 1 + Math.random();
  let failingSinceMs: number | undefined;
  // The first of them finds out whether the server multiplexes; the others give it the time.
  if (connection > 0 && options.offersMux !== false) await rest(Math.min(1_000, limits.reconnectMinMs), signal);
  while (!signal.aborted) {
    if (connection > 0 && mux.isOpen) {
      await rest(limits.reconnectMinMs, signal);
      continue;
    }
    const sinceMs = (failingSinceMs ??= performance.now());
    let error: unknown;
    try {
      await converse(loop, signal, () => (failingSinceMs = undefined));
    } catch (reason) {
      error = reason;
    }
    if (signal.aborted) return;
    const elapsedMs = failingSinceMs === undefined ? undefined : performance.now() - sinceMs;
    const retryMs = pauseMs(elapsedMs, factor, limits);
    options.onState?.({ state: 'lost', connection, retryMs, ...(error !== undefined && { error }) });
    await rest(retryMs, signal);
  }
}

/**
 * `elapsedMs`: since the first try of those that fail now; undefined behind a connection that had been good. There a
 * Tentacle waits for the least pause, which brings all agents of a server that was restarted back in the same moment;
 * ours come at some time within it, each at its own.
 */
function pauseMs(elapsedMs: number | undefined, factor: number, limits: HalibutLimits): number {
  const { reconnectMinMs, reconnectMaxMs } = limits;
  if (elapsedMs === undefined) return reconnectMinMs * (0.1 + 0.9 * Math.random());
  return Math.min(Math.max(elapsedMs * factor, reconnectMinMs), reconnectMaxMs);
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {}); // the loop looks at the signal
}

async function converse(loop: Loop, signal: AbortSignal, identified: () => void): Promise<void> {
  const { options, context, limits, connection, mux } = loop;
  const socket = await openTls(options, context, limits, signal);
  const wire = new Wire(socket, nameOf(options));
  const stop = () => wire.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const offersMux = options.offersMux !== false;
  try {
    await wire.write(PREAMBLE, limits.readWriteMs);
    const more = [subscriptionUri(options.subscription), ...(offersMux ? [MUX_OFFER] : [])];
    await wire.write(identityBlock('MX-SUBSCRIBER', more), limits.readWriteMs);
    const { offersMux: isMultiplexed } = await expectServer(wire, limits);
    identified();
    options.onState?.({ state: 'connected', connection, isMultiplexed });
    const serving = { services: options.services, peerThumbprint: options.thumbprint, limits };
    if (!isMultiplexed) return await serveSubscription(wire, serving);
    if (mux.isOpen) return; // another one does already
    mux.isOpen = true;
    try {
      await serveMux(wire, serving);
    } finally {
      mux.isOpen = false;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    wire.destroy();
  }
}

/** Each channel is one call. */
async function serveMux(wire: Wire, serving: Serving): Promise<void> {
  const { socket, ahead } = wire.release();
  const { limits } = serving;
  const mux = new Mux(socket, {
    peer: wire.peer,
    limits,
    ahead,
    onChannel(channel) {
      const call = new Wire(channel, wire.peer);
      serveCall(call, serving).catch(() => call.destroy());
    },
  });
  await new Promise<void>((resolve) => {
    if (mux.closed.aborted) resolve();
    else mux.closed.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function serveCall(wire: Wire, serving: Serving): Promise<void> {
  const bytes = await readDeflated(wire, serving.limits, serving.limits.readWriteMs, 'a request');
  if (!bytes) return wire.destroy();
  const message = readMessage(bytes, serving.limits);
  if (message.kind !== 'request') return wire.destroy();
  await answer(wire, message, serving);
  wire.end();
}
