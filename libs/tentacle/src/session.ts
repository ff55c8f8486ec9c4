import { type Caller, RemoteError } from '@octo/halibut';
import { type ActivityLog, type Bytes, type Clock, type ConnectionLimits, type Session } from '@octo/kernel';
import { CAPABILITIES } from './contracts.ts';
import { type Flavour } from './flavour.ts';
import { KnownScripts } from './known-scripts.ts';
import { downloadFromOcto, octoAgent, uploadToOcto } from './octo-agent.ts';
import { Reading } from './reading.ts';
import { callAgain } from './retry.ts';
import { downloadFrom, uploadTo } from './stock-files.ts';
import { stockV1 } from './stock-v1.ts';
import { stockV2, type StockOptions } from './stock-v2.ts';

export interface TentacleOptions {
  /** Its state is kept with the caller: use the same one for the sessions of one machine. */
  readonly caller: Caller;
  readonly clock: Clock;
  readonly limits: Pick<ConnectionLimits, 'retryTimeLimitMs'>;
  readonly log: ActivityLog;
}

/** What an agent offers is asked anew after this (halibut.md 5.4). */
const CAPABILITIES_MS = 600_000;

interface Remembered {
  readonly known: KnownScripts;
  names?: { readonly list: readonly string[]; readonly atMs: number };
}
const remembered = new WeakMap<Caller, Remembered>();

/**
 * A machine behind a Tentacle, or behind something that speaks like one. Which of its services is used is decided by what
 * it says that it can: our own, script service 2, the Kubernetes agent's, script service 1 - in this order.
 */
export function openTentacleSession({ caller, clock, limits, log }: TentacleOptions): Session {
  const memory = remembered.get(caller) ?? { known: new KnownScripts() };
  remembered.set(caller, memory);
  const retrying = { clock, totalMs: limits.retryTimeLimitMs, log: (text: string) => log.write('warning', text) };
  const options: StockOptions = { caller, clock, retrying, known: memory.known };

  const ask = async (signal: AbortSignal): Promise<readonly string[]> => {
    const list = await capabilitiesOf(options, signal);
    memory.names = { list, atMs: clock.now() };
    return list;
  };
  const chosen = async (signal: AbortSignal): Promise<Flavour> => {
    const { names } = memory;
    const isFresh = names && clock.now() - names.atMs < CAPABILITIES_MS;
    return choose(options, isFresh ? names.list : await ask(signal));
  };
  return {
    // Ours answers for itself, so one round trip is enough; of a foreign agent its list of services is the round trip.
    capabilities: async (signal) => {
      const known = await chosen(signal);
      return (known.isOurs ? known : choose(options, await ask(signal))).capabilities(signal);
    },
    start: async (ticket, launch, signal) => (await chosen(signal)).start(ticket, launch, signal),
    status: async (script, from, signal) => (await chosen(signal)).status(script, from, signal),
    cancel: async (script, signal) => (await chosen(signal)).cancel(script, signal),
    complete: async (script, after, signal) => (await chosen(signal)).complete(script, after, signal),
    upload: async (path: string, content: Bytes, signal, progress) => {
      const send = (await chosen(signal)).isOurs ? uploadToOcto : uploadTo;
      return send(options, path, content, signal, progress);
    },
    download: async (path, signal) =>
      ((await chosen(signal)).isOurs ? downloadFromOcto : downloadFrom)(options, path, signal),
    [Symbol.asyncDispose]: async () => {}, // the caller's connections outlive it
  };
}

function choose(options: StockOptions, names: readonly string[]): Flavour {
  if (names.includes('IOctoAgentV1')) return octoAgent(options);
  if (names.includes('IScriptServiceV2')) return stockV2(options);
  if (names.includes('IKubernetesScriptServiceV1')) return stockV2(options, true);
  return stockV1(options);
}

async function capabilitiesOf({ caller, retrying }: StockOptions, signal: AbortSignal): Promise<readonly string[]> {
  const call = { service: CAPABILITIES, method: 'GetCapabilities', params: [] };
  try {
    const answer = await callAgain(caller, call, { ...retrying, isFinal: isWithoutCapabilities }, signal);
    return new Reading(answer, 'capabilities').texts('SupportedCapabilities');
  } catch (error) {
    if (isWithoutCapabilities(error)) return ['IScriptService', 'IFileTransferService'];
    throw error;
  }
}

/** Agents of old have no such service, and say so in many ways (halibut.md 3.11). */
export function isWithoutCapabilities(error: unknown): boolean {
  if (!RemoteError.isOne(error)) return false;
  if (error.failure === 'no-such-service' || error.failure === 'no-such-method') return true;
  const words = `${error.message}\n\nServer exception: \n${error.details}`;
  const isClosing =
    words.includes('The Tentacle service is shutting down') || words.includes('ObjectDisposedException');
  if (words.includes('CreateService(') && !isClosing) return true;
  return [
    'Octopus.Tentacle.Communications.UnknownServiceNameException',
    'NotRegistered',
    'ICapabilitiesServiceV2',
  ].some((mark) => words.includes(mark));
}
