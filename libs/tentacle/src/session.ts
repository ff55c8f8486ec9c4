import { type Caller, RemoteError } from '@octo/halibut';
import {
  type ActivityLog,
  type Clock,
  type ConnectionLimits,
  type ScriptRef,
  type Session,
  type UpdateEnd,
} from '@octo/kernel';
import { CAPABILITIES } from './contracts.ts';
import { type Flavour } from './flavour.ts';
import { KnownScripts } from './known-scripts.ts';
import { downloadFromOcto, octoAgent, uploadToOcto } from './octo-agent.ts';
import { cleanOcto, updateOcto } from './octo-update.ts';
import { Reading } from './reading.ts';
import { callAgain, isWithoutService } from './retry.ts';
import { downloadFrom, uploadTo } from './stock-files.ts';
import { stockV1 } from './stock-v1.ts';
import { stockV2, type StockOptions } from './stock-v2.ts';

export interface TentacleOptions {
  /** Its state is kept with the caller: use the same one for the sessions of one machine. */
  readonly caller: Caller;
  readonly clock: Clock;
  readonly limits: Pick<ConnectionLimits, 'retryTimeLimitMs' | 'callRetryMs'>;
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
  const retrying = {
    clock,
    totalMs: limits.callRetryMs ?? limits.retryTimeLimitMs,
    log: (text: string, detail?: 'detail') => log.write(detail ? 'verbose' : 'warning', text),
  };
  const options: StockOptions = { caller, clock, retrying, known: memory.known };

  const ask = async (signal: AbortSignal): Promise<readonly string[]> => {
    const list = await capabilitiesOf(options, signal);
    memory.names = { list, atMs: clock.now() };
    return list;
  };
  const remember = () => {
    const { names } = memory;
    return names && clock.now() - names.atMs < CAPABILITIES_MS ? names.list : undefined;
  };
  /** Where another agent has taken the place of the one that was asked, what it offers is asked anew, once. */
  const use = async <T>(work: (flavour: Flavour) => Promise<T>, signal: AbortSignal): Promise<T> => {
    const names = remember();
    if (names === undefined) return work(choose(options, await ask(signal)));
    try {
      return await work(choose(options, names));
    } catch (error) {
      if (!isWithoutService(error)) throw error;
      return work(choose(options, await ask(signal)));
    }
  };
  /** A handle is the agent's own ticket, which only service 1 makes: whatever the agent offers by now, it is asked there. */
  const useFor = <T>({ handle }: ScriptRef, work: (flavour: Flavour) => Promise<T>, signal: AbortSignal): Promise<T> =>
    handle === undefined ? use(work, signal) : work(stockV1(options));
  return {
    // Ours answers for itself, so one round trip is enough; of a foreign agent its list of services is the round trip.
    capabilities: async (signal) => {
      const isNew = remember() === undefined;
      const work = async (known: Flavour) =>
        (isNew || known.isOurs ? known : choose(options, await ask(signal))).capabilities(signal);
      return use(work, signal);
    },
    start: (ticket, launch, signal) => use((flavour) => flavour.start(ticket, launch, signal), signal),
    status: (script, from, signal) => useFor(script, (flavour) => flavour.status(script, from, signal), signal),
    cancel: (script, signal) => useFor(script, (flavour) => flavour.cancel(script, signal), signal),
    complete: (script, after, signal) => useFor(script, (flavour) => flavour.complete(script, after, signal), signal),
    upload: (path, content, signal, progress) => {
      const send = ({ isOurs }: Flavour) =>
        (isOurs ? uploadToOcto : uploadTo)(options, path, content, signal, progress);
      return use(send, signal);
    },
    download: (path, signal) =>
      use(({ isOurs }) => (isOurs ? downloadFromOcto : downloadFrom)(options, path, signal), signal),
    // A foreign agent looks after itself.
    clean: (olderThanDays, signal) =>
      use(async ({ isOurs }: Flavour) => (isOurs ? cleanOcto(options, olderThanDays, signal) : { removed: 0 }), signal),
    update: (program, signal, progress) => {
      const work = async ({ isOurs }: Flavour): Promise<UpdateEnd> =>
        isOurs
          ? updateOcto(options, program, signal, progress)
          : { state: 'failed', why: 'a Tentacle of another make is updated by its own means' };
      return use(work, signal);
    },
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
  if (isWithoutService(error)) return true;
  const words = `${error.message}\n\nServer exception: \n${error.details}`;
  const isClosing =
    words.includes('The Tentacle service is shutting down') || words.includes('ObjectDisposedException');
  if (words.includes('CreateService(') && !isClosing) return true;
  return ['NotRegistered', 'ICapabilitiesServiceV2'].some((mark) => words.includes(mark));
}
