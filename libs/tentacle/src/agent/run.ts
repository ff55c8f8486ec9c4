import { type Account, type Agent, type AgentOptions, claimFolder, openAgent } from '@octo/agent';
import {
  Halibut,
  type HalibutLimits,
  type HttpProxy,
  type Identity,
  type PollState,
  type Refusal,
} from '@octo/halibut';
import { type Clock, type Logger } from '@octo/kernel';
import { type AgentUpdater, tentacleServices } from './services.ts';

/** A server that this machine calls. */
export interface PolledServer {
  /** 'https://octo:10943', or 'wss://octo/octo/polling' where only 443 is open. */
  readonly address: string;
  readonly thumbprint: string;
  /** 'poll://abc/'. */
  readonly subscriptionId: string;
}

export interface MachineOptions {
  readonly identity: Identity;
  /** Workspaces, files and logs live below. Absolute. */
  readonly home: string;
  /** Absent: it does not listen. */
  readonly listen?: { readonly host?: string; readonly port: number };
  /** Thumbprints of servers that may call. */
  readonly trusted: readonly string[];
  readonly servers: readonly PolledServer[];
  /** Connections to each polled server that does not multiplex (halibut.md 8.3). */
  readonly connections: number;
  /** To polled servers (R135). */
  readonly proxy?: HttpProxy;
  /** For people: 'octo agent 0.1.0'. */
  readonly name: string;
  /** Added to the environment of every script (7.4). */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log?: Logger;
  readonly account?: Account;
  readonly node?: string | null;
  /** Between SIGTERM and SIGKILL (R153). */
  readonly graceMs?: number;
  readonly limits?: Partial<HalibutLimits>;
  /** How the disk is kept; as usual where it says nothing (R149, R150). */
  readonly upkeep?: Pick<AgentOptions, 'cleanEveryMs' | 'keepMs' | 'minimumFreeBytes'>;
  readonly updater?: AgentUpdater;
  /** Hears of every call of a server that is trusted. */
  readonly onCall?: () => void;
  readonly onListening?: (port: number) => void;
  readonly onState?: (server: PolledServer, state: PollState) => void;
  readonly onRefused?: (refusal: Refusal) => void;
}

/**
 * A machine in service, until the signal aborts: it answers whom it trusts, by listening and by calling. Scripts outlive
 * it, and are found again by the next one on the same folder. Rejects with OCTO_TRANSPORT_LISTEN when its port is taken,
 * with OCTO_AGENT_TWICE when another process serves on its folder.
 */
export async function serveMachine(options: MachineOptions, signal: AbortSignal): Promise<void> {
  const { identity, home, clock, log, account, node, graceMs, environment, name, limits } = options;
  using _ = claimFolder(home);
  await using agent: Agent = openAgent({
    root: home,
    clock,
    environment,
    ...options.upkeep,
    ...(log && { log }),
    ...(account && { account }),
    ...(node !== undefined && { node }),
    ...(graceMs !== undefined && { graceMs }),
  });
  const { updater, onCall } = options;
  const services = tentacleServices({
    agent,
    clock,
    name,
    home,
    ...(updater && { updater }),
    ...(onCall && { onCall }),
  });
  const halibut = new Halibut({ identity, ...(limits && { limits }) });
  const trusted = new Set(options.trusted.map((thumbprint) => thumbprint.toUpperCase()));
  await using stack = new AsyncDisposableStack();
  if (options.listen) {
    const listener = await halibut.listen({
      ...options.listen,
      page: PAGE,
      pageHeaders: HEADERS,
      clients: { isTrusted: (thumbprint) => trusted.has(thumbprint), services },
      ...(options.onRefused && { onRefused: options.onRefused }),
      onError: (error, peer) => log?.warn({ peer, error: String(error) }, 'a connection broke'),
    });
    stack.use(listener);
    options.onListening?.(listener.port);
  }
  const polls = await Promise.all(options.servers.map((server) => pollOf(options, server)));
  await Promise.all([
    ...polls.map((poll) => halibut.poll({ ...poll, services }, signal)),
    new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    }),
  ]);
}

async function pollOf(options: MachineOptions, server: PolledServer) {
  const { proxy, connections, onState } = options;
  const url = new URL(server.address);
  const isWeb = url.protocol === 'wss:' || url.protocol === 'ws:';
  const dial = isWeb ? await webDial(server.address, proxy) : undefined;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (isWeb ? 443 : 10_943),
    thumbprint: server.thumbprint,
    subscription: server.subscriptionId,
    connections,
    ...(dial ? { dial } : proxy && { proxy }),
    ...(onState && { onState: (state: PollState) => onState(server, state) }),
  };
}

async function webDial(url: string, proxy: HttpProxy | undefined) {
  const { webSocketDial } = await import('@octo/halibut/web-socket');
  return webSocketDial({ url, ...(proxy && { proxy }) });
}

// Source of the headers: halibut.md 1.5.
const PAGE =
  '<html><body><h1>octo agent configured successfully</h1><p>This machine is ready. Servers that it trusts may call.</p></body></html>';
const HEADERS = {
  'Content-Security-Policy': "default-src 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-XSS-Protection': '1; mode=block',
  'Strict-Transport-Security': 'max-age=31536000',
};
