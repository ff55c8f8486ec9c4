import { setTimeout as sleep } from 'node:timers/promises';
import { type Guest } from './acceptor.ts';
import { type AgentHost } from './agent-host.ts';
import { RESPONSE } from './contract-names.ts';
import { readRequest, type Request } from './messages.ts';
import { type Opener } from './opener.ts';
import { WireError } from './values.ts';
import { type Wire } from './wire.ts';

/** A listening agent with one of its clients, until that leaves (halibut.md 2.5). */
export async function serveClient({ wire, words }: Guest, host: AgentHost): Promise<void> {
  if (words[0] !== 'MX-CLIENT') throw new WireError(`${words[0]} is of no use to an agent`);
  await wire.control('MX-SERVER 1.0\r\n');
  const later = { limitMs: wire.limits.eachMs };
  for (;;) {
    const request = await readRequest(wire.input, { limitMs: wire.limits.idleMs }, later);
    if (request == null) return;
    await answer(wire, request, host);
    const word = await wire.word(wire.limits.nextMs);
    if (word === undefined || word === 'END') return;
    if (word !== 'NEXT') throw new WireError(`${word} came where NEXT was to come`);
    await wire.control('PROCEED');
  }
}

export interface PollOptions {
  readonly opener: Opener;
  /** `poll://…/`, with the slash. */
  readonly subscription: string;
  readonly host: AgentHost;
  /** Factor on the pauses of 8.4. */
  readonly timeScale: number;
  readonly log: string[];
  onWire(wire: Wire): void;
}

/** One of the connections of a polling agent: for ever, with the pauses of 8.4 between its attempts. */
export async function poll(options: PollOptions, signal: AbortSignal): Promise<void> {
  const { timeScale, log } = options;
  const growth = 1 + Math.random();
  let since = performance.now();
  while (!signal.aborted) {
    let wasIdentified = false;
    try {
      await pollOnce(options, () => (wasIdentified = true), signal);
    } catch (error) {
      log.push(String(error));
    }
    if (wasIdentified) since = performance.now();
    const elapsedMs = (performance.now() - since) / timeScale;
    const pauseMs = Math.min(120_000, Math.max(5000, elapsedMs * growth));
    await sleep(pauseMs * timeScale, undefined, { signal }).catch(() => undefined); // the loop looks at the signal
  }
}

async function pollOnce(options: PollOptions, onIdentified: () => void, signal: AbortSignal): Promise<void> {
  const { opener, subscription, host, onWire } = options;
  const wire = await opener.open('\n', `MX-SUBSCRIBER 1.0 ${subscription}`, signal);
  onWire(wire);
  onIdentified();
  const limit = (limitMs: number) => ({ limitMs, signal });
  try {
    for (;;) {
      const request = await readRequest(wire.input, limit(wire.limits.pollMs), limit(wire.limits.eachMs));
      if (request === undefined) return;
      if (request !== null) await answer(wire, request, host);
      await wire.control('NEXT');
      const word = await wire.word(wire.limits.eachMs);
      if (word === undefined) return;
      if (word !== 'PROCEED') throw new WireError(`${word} came where PROCEED was to come`);
    }
  } finally {
    // Best effort (2.4): a connection that broke may never take it.
    await Promise.race([wire.control('END').catch(() => undefined), sleep(200)]);
    wire.close();
  }
}

async function answer(wire: Wire, request: Request, host: AgentHost): Promise<void> {
  const { error, result } = await host.invoke(request);
  await wire.send({ $type: RESPONSE, id: request.id, error, result });
}
