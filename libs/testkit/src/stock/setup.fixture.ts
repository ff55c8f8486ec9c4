import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { testIdentity } from '../certificates.ts';
import { type TlsVersion } from './acceptor.ts';
import { type ListeningOptions, StockAgent } from './agent.ts';
import { type StockClient } from './calls.ts';
import { StockCaller } from './caller.ts';
import { StockPollingServer } from './polling-server.ts';
import { type StockLimits } from './wire.ts';

export const AGENT = testIdentity('Octopus Tentacle');
export const SERVER = testIdentity('Octopus Portal');
export const STRANGER = testIdentity('Stranger');
const SUBSCRIPTION = 'poll://abcdefghijklmnopqrst/';

export type Mode = 'listening' | 'polling';
type More = Partial<Pick<ListeningOptions, 'withoutCapabilities' | 'v1Only' | 'tickets'>> & {
  readonly tls?: TlsVersion;
  readonly limits?: Partial<StockLimits>;
  readonly connections?: number;
};

export interface Pair extends AsyncDisposable {
  readonly agent: StockAgent;
  readonly client: StockClient;
  readonly workDir: string;
}

/** A folder that is removed. */
export async function temporary(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'octo-stock-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}

/** A stock agent and a stock server side that know each other. */
export async function pair(mode: Mode, more: More = {}): Promise<Pair> {
  const stack = new AsyncDisposableStack();
  const { path: workDir } = stack.use(await temporary());
  if (mode === 'listening') {
    const agent = stack.use(
      await StockAgent.listen({ identity: AGENT, trusted: [SERVER.thumbprint], workDir, ...more }),
    );
    const client = stack.use(callerOf(agent.port, more));
    return { agent, client, workDir, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  }
  const { port, client } = stack.use(await pollingSide(more));
  const server = { port, thumbprint: SERVER.thumbprint };
  const agent = stack.use(
    await StockAgent.poll({ identity: AGENT, server, workDir, subscription: SUBSCRIPTION, timeScale: 0.01, ...more }),
  );
  return { agent, client, workDir, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

export function callerOf(port: number, more: Pick<More, 'tls' | 'limits'> = {}, identity = SERVER): StockCaller {
  return new StockCaller({ identity, to: { port, thumbprint: AGENT.thumbprint }, timeScale: 0.01, ...more });
}

async function pollingSide(more: More) {
  const server = await StockPollingServer.listen({
    identity: SERVER,
    trusted: [AGENT.thumbprint],
    timeScale: 0.01,
    ...more,
  });
  const client = server.subscription(SUBSCRIPTION, AGENT.thumbprint);
  return { port: server.port, client, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

export async function until(isTrue: () => boolean): Promise<void> {
  for (let n = 0; !isTrue(); n++) {
    if (n > 1000) throw new Error(`still not: ${String(isTrue)}`);
    await sleep(5);
  }
}
