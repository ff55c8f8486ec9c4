import { type Capabilities, ScriptExit, type ScriptRef, type ScriptStatus } from '@octo/kernel';
import { SCRIPTS_V1 } from './contracts.ts';
import { type Flavour } from './flavour.ts';
import { startFiles } from './launch-files.ts';
import { askUntilNews, PARALLEL, QUEUED } from './pace.ts';
import { keptPage, toPage } from './paging.ts';
import { Reading } from './reading.ts';
import { readStatus, type StatusMessage, writeLaunch } from './script-messages.ts';
import { type StockOptions } from './stock-v2.ts';

const CAPABLE: Capabilities = {
  agent: 'Tentacle (script service 1)',
  startsOnce: false,
  shells: ['bash', 'powershell'],
};

/**
 * Script service v1 (halibut.md 5.6): the agent makes the ticket, which is our handle, and a start is never repeated. No
 * call is tried again, for nothing here is idempotent but the questions.
 */
export function stockV1({ caller, clock, retrying, known }: StockOptions): Flavour {
  const service = SCRIPTS_V1;
  const once = (method: string, param: object, signal: AbortSignal) =>
    caller.call({ service, method, params: [param], onRetry: (text) => retrying.log(text, 'detail') }, signal);
  const handleOf = async ({ ticket, handle }: ScriptRef) => handle ?? (await known.peek(ticket)?.handle);
  const ask = async (method: string, handle: string, after: number, signal: AbortSignal): Promise<StatusMessage> =>
    readStatus(await once(method, { Ticket: { TaskId: handle }, LastLogSequence: BigInt(after) }, signal));

  /** Complete with what came between the answer and the end; an agent that forgot the ticket says 0, as if all were well. */
  const toEnd = async (first: StatusMessage, handle: string, after: number, signal: AbortSignal) => {
    const rest = await ask('GetStatus', handle, first.next, signal);
    const lines = [...first.lines, ...rest.lines];
    const isSilent =
      lines.length === 0 && (after === 0 || (await ask('GetStatus', handle, 0, signal)).lines.length === 0);
    const exitCode = isSilent && rest.exitCode === 0 ? ScriptExit.UnknownResult : rest.exitCode;
    return { state: 'Complete', exitCode, lines, next: rest.next } as const;
  };
  const look = async (ref: ScriptRef, handle: string, after: string, signal: AbortSignal): Promise<ScriptStatus> => {
    const from = Number(after === '' ? 0 : after);
    const first = await ask('GetStatus', handle, from, signal);
    const message = first.state === 'Complete' ? await toEnd(first, handle, from, signal) : first;
    return toPage(known.of(ref.ticket), message, handle);
  };

  return {
    isOurs: false,
    capabilities: async () => CAPABLE,
    async start(ticket, launch, signal) {
      const script = known.of(ticket);
      const isNew = script.handle === undefined;
      script.handle ??= once('StartScript', writeLaunch(launch, startFiles(launch)), signal).then(
        (answer) => new Reading(answer, 'the ticket').text('TaskId') ?? '',
      );
      const handle = await script.handle.catch((error: unknown) => {
        known.forget(ticket);
        throw error;
      });
      if (!isNew) return look({ ticket }, handle, '', signal);
      return { state: 'Pending', lines: [], next: '', handle };
    },
    async status(ref, { after, waitMs }, signal) {
      const handle = await handleOf(ref);
      if (handle === undefined) return unheard(after);
      const pace = caller.isParallel ? PARALLEL : QUEUED;
      const script = known.of(ref.ticket);
      const kept = keptPage(script, after, handle);
      return kept ?? askUntilNews(() => look(ref, handle, after, signal), script, { clock, pace, waitMs }, signal);
    },
    async cancel(ref, signal) {
      const handle = await handleOf(ref).catch(() => undefined); // its start has failed, and said so to whoever asked for it
      if (handle === undefined) return;
      known.of(ref.ticket).wasCancelled = true;
      await ask('CancelScript', handle, 2 ** 31 - 1, signal);
    },
    async complete(ref, after, signal) {
      const handle = await handleOf(ref);
      if (handle === undefined) return [];
      const { lines } = await ask('CompleteScript', handle, Number(after === '' ? 0 : after), signal);
      known.forget(ref.ticket);
      return lines;
    },
  };
}

/** Nobody was asked to start it. */
function unheard(after: string): ScriptStatus {
  return { lines: [], next: after, state: 'Complete', end: 'unstarted', exitCode: ScriptExit.UnknownScript };
}
