import { type Call, type Caller, type ServiceContract, timeSpan } from '@octo/halibut';
import { type Capabilities, type Clock, type Launch, type ScriptRef, type ScriptStatus } from '@octo/kernel';
import { SCRIPTS_KUBERNETES, SCRIPTS_V2 } from './contracts.ts';
import { type Flavour } from './flavour.ts';
import { type KnownScripts } from './known-scripts.ts';
import { startFiles } from './launch-files.ts';
import { askUntilNews, PARALLEL, QUEUED, STOCK_ANSWER_MS } from './pace.ts';
import { keptPage, toPage } from './paging.ts';
import { callAgain, type Retrying } from './retry.ts';
import { readStatus, writeLaunch } from './script-messages.ts';

export interface StockOptions {
  readonly caller: Caller;
  readonly clock: Clock;
  readonly retrying: Retrying;
  readonly known: KnownScripts;
}

/**
 * So long the agent may keep the answer to a start back, in case the script ends meanwhile: one round trip for short
 * ones. Octopus says 5 s, for which the only connection of a polling agent is taken (perf.md a7) and no line is seen.
 */
const WAIT_MS = { parallel: 100, queued: 30 };
/** CompleteScript is given up after this (halibut.md 6.5). */
const COMPLETE_MS = 60_000;

/** Script service v2, and the Kubernetes agent's, which differs in names (halibut.md 5.5, 5.8). */
export function stockV2(options: StockOptions, isKubernetes = false): Flavour {
  const { caller, clock, retrying, known } = options;
  const service: ServiceContract = isKubernetes ? SCRIPTS_KUBERNETES : SCRIPTS_V2;
  const name = isKubernetes ? 'ScriptTicket' : 'Ticket';
  const again = (method: string, param: object, signal: AbortSignal, more: Partial<Call> = {}) =>
    callAgain(caller, { service, method, params: [param], ...more }, retrying, signal);
  const ask = async (ticket: string, after: string, signal: AbortSignal): Promise<ScriptStatus> => {
    const request = { [name]: { TaskId: ticket }, LastLogSequence: BigInt(after === '' ? 0 : after) };
    return toPage(
      known.of(ticket),
      readStatus(await again('GetStatus', request, signal, { answerMs: STOCK_ANSWER_MS })),
    );
  };
  return {
    isOurs: false,
    async capabilities(): Promise<Capabilities> {
      const agent = isKubernetes ? 'Kubernetes agent' : 'Tentacle';
      return { agent, startsOnce: true, shells: isKubernetes ? ['bash'] : ['bash', 'powershell'] };
    },
    async start(ticket: string, launch: Launch, signal: AbortSignal): Promise<ScriptStatus> {
      const waitMs = caller.isParallel ? WAIT_MS.parallel : WAIT_MS.queued;
      const command = isKubernetes ? kubernetesStart(ticket, launch) : v2Start(ticket, launch, waitMs);
      const script = known.of(ticket);
      const answer = readStatus(await again('StartScript', command, signal));
      script.askedMs = clock.now();
      return toPage(script, answer);
    },
    async status({ ticket }: ScriptRef, { after, waitMs }, signal) {
      const script = known.of(ticket);
      const kept = keptPage(script, after);
      if (kept) return kept;
      const pace = caller.isParallel ? PARALLEL : QUEUED;
      return askUntilNews(() => ask(ticket, after, signal), script, { clock, pace, waitMs }, signal);
    },
    async cancel({ ticket }, signal) {
      known.of(ticket).wasCancelled = true;
      // A number behind every line: the lines come with the next status, not with this answer.
      const request = { [name]: { TaskId: ticket }, LastLogSequence: BigInt(2 ** 31 - 1) };
      await again('CancelScript', request, signal);
    },
    async complete({ ticket }, after, signal) {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(COMPLETE_MS)]);
      const last = isKubernetes && { LastLogSequence: BigInt(after === '' ? 0 : after) };
      const request = { [name]: { TaskId: ticket }, ...last };
      await caller.call({ service, method: 'CompleteScript', params: [request] }, limited).catch((error: unknown) => {
        signal.throwIfAborted();
        retrying.log(`the workspace of ticket ${ticket} stays until the agent cleans up: ${(error as Error).message}`);
      });
      known.forget(ticket);
      return [];
    },
  };
}

/** Members in the order of 5.5. */
function v2Start(ticket: string, launch: Launch, waitMs: number): object {
  const { ScriptBody, TaskId, Isolation, ScriptIsolationMutexTimeout, IsolationMutexName, Scripts, Files, Arguments } =
    writeLaunch(launch, startFiles(launch));
  return {
    ScriptTicket: { TaskId: ticket },
    ScriptBody,
    TaskId,
    DurationToWaitForScriptToFinish: timeSpan(waitMs),
    Isolation,
    ScriptIsolationMutexTimeout,
    IsolationMutexName,
    Scripts,
    Files,
    Arguments,
  };
}

/** Members in the order of 5.8; pods run in the agent's own image and account. */
function kubernetesStart(ticket: string, launch: Launch): object {
  const { ScriptBody, TaskId, Isolation, ScriptIsolationMutexTimeout, IsolationMutexName, Scripts, Files, Arguments } =
    writeLaunch(launch, startFiles(launch));
  return {
    IsRawScript: false,
    ScriptBody: launch.body.bash ?? ScriptBody,
    TaskId,
    ScriptTicket: { TaskId: ticket },
    Isolation,
    ScriptIsolationMutexTimeout,
    IsolationMutexName,
    PodImageConfiguration: null,
    Scripts,
    Files,
    Arguments,
    ScriptPodServiceAccountName: null,
    AuthContext: null,
    ScriptPodPlatform: null,
    CalamariImageConfiguration: null,
  };
}
