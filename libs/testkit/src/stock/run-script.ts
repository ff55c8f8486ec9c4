import { setTimeout as sleep } from 'node:timers/promises';
import { type StockClient, StockRemoteError } from './calls.ts';
import { legacyType, v2Type } from './contract-names.ts';
import { STATE } from './running-script.ts';
import { member, numberMember, randomGuid, type StockStream, textMember, timeSpanText } from './values.ts';

export interface ScriptToRun {
  readonly body: string;
  readonly files?: Readonly<Record<string, StockStream>>;
  readonly arguments?: readonly string[];
  readonly isolation?: 'none' | 'full';
  readonly mutexName?: string | null;
  /** Default: none, which is 24.20:31:23.6470000 on the wire (halibut.md 6.3). */
  readonly mutexTimeoutMs?: number;
  readonly taskId?: string;
  /** How long StartScript waits for the end. Default 5 s. */
  readonly waitMs?: number | null;
  readonly ticket?: string;
}

export interface RunOptions {
  /** Factor on the delays of 6.2. Default 1. */
  readonly timeScale?: number;
  /** Cancels the script. The agent is asked until it says that it has ended. */
  readonly cancel?: AbortSignal;
  readonly onLog?: (line: ScriptLine) => void;
}

export interface ScriptLine {
  readonly source: number;
  readonly text: string;
  readonly occurred: Date;
}

export interface ScriptEnd {
  readonly ticket: string;
  readonly exitCode: number;
  readonly isV2: boolean;
  readonly lines: readonly ScriptLine[];
}

/** Letters and digits of the base64 of a guid (5.5). */
export function newTicket(): string {
  return randomGuid()
    .toString('base64')
    .replaceAll(/[^A-Za-z0-9]/g, '');
}

/** Capabilities of an agent; of one that does not know the question: what it must be able to do (5.4). */
export async function capabilitiesOf(client: StockClient): Promise<readonly string[]> {
  try {
    const answer = await client.call('ICapabilitiesServiceV2', 'GetCapabilities');
    return member(answer, 'SupportedCapabilities') as readonly string[]; // the contract says so
  } catch (error) {
    if (!(error instanceof StockRemoteError)) throw error;
    const text = `${error.message}\n${error.details}`;
    if (!/UnknownServiceNameException|NotRegistered|ICapabilitiesServiceV2/.test(text)) throw error;
    return ['IScriptService', 'IFileTransferService'];
  }
}

/** Params of StartScript, for V2 when a ticket is given. */
export function startParams(script: ScriptToRun, ticket?: string): readonly unknown[] {
  const { body, files = {}, isolation = 'full', mutexName = 'RunningScript', waitMs = 5000 } = script;
  const { mutexTimeoutMs = 2_147_483_647, taskId = 'ServerTasks-1' } = script;
  const Files = Object.entries(files).map(([Name, Contents]) => ({ Name, Contents, EncryptionPassword: null }));
  const common = {
    Isolation: isolation === 'full' ? 1 : 0,
    ScriptIsolationMutexTimeout: timeSpanText(mutexTimeoutMs),
    IsolationMutexName: mutexName,
    Scripts: { Bash: body },
    Files,
    Arguments: [...(script.arguments ?? [])],
  };
  if (ticket === undefined)
    return [{ $type: legacyType('StartScriptCommand'), ScriptBody: body, TaskId: taskId, ...common }];
  const wait = waitMs === null ? null : timeSpanText(waitMs);
  const head = { ScriptTicket: { TaskId: ticket }, ScriptBody: body, TaskId: taskId };
  return [{ $type: v2Type('StartScriptCommandV2'), ...head, DurationToWaitForScriptToFinish: wait, ...common }];
}

/** The orchestration of Octopus.Tentacle.Client in short, without its retries (6.1). */
export async function runScript(
  client: StockClient,
  script: ScriptToRun,
  options: RunOptions = {},
): Promise<ScriptEnd> {
  const isV2 = (await capabilitiesOf(client)).includes('IScriptServiceV2');
  return await new Run(client, isV2, options).run(script);
}

const PARAM_OF = {
  GetStatus: 'ScriptStatusRequest',
  CancelScript: 'CancelScriptCommand',
  CompleteScript: 'CompleteScriptCommand',
} as const;

class Run {
  readonly #client: StockClient;
  readonly #isV2: boolean;
  readonly #options: RunOptions;
  readonly #lines: ScriptLine[] = [];
  #next = 0;
  #state: number = STATE.pending;
  #exitCode = 0;

  constructor(client: StockClient, isV2: boolean, options: RunOptions) {
    this.#client = client;
    this.#isV2 = isV2;
    this.#options = options;
  }

  async run(script: ScriptToRun): Promise<ScriptEnd> {
    const ticket = await this.#start(script);
    const { cancel, timeScale = 1 } = this.#options;
    for (let round = 1; this.#state !== STATE.complete; round++) {
      await this.#ask(cancel?.aborted ? 'CancelScript' : 'GetStatus', ticket);
      if (this.#state === STATE.complete) break;
      const delayMs = Math.min(5000, Math.round(300 * 1.15 ** round)) * timeScale;
      await sleep(delayMs, undefined, cancel?.aborted || !cancel ? {} : { signal: cancel }).catch(() => undefined);
    }
    await this.#complete(ticket);
    return { ticket, exitCode: this.#exitCode, isV2: this.#isV2, lines: this.#lines };
  }

  async #start(script: ScriptToRun): Promise<string> {
    if (this.#isV2) {
      const ticket = script.ticket ?? newTicket();
      this.#take(await this.#client.call('IScriptServiceV2', 'StartScript', startParams(script, ticket)));
      return ticket;
    }
    const answer = await this.#client.call('IScriptService', 'StartScript', startParams(script));
    return textMember(answer, 'TaskId') ?? '';
  }

  async #ask(method: 'GetStatus' | 'CancelScript', ticket: string): Promise<void> {
    this.#take(await this.#call(method, ticket, true));
  }

  /** V1 gives its last logs, and what counts as the end, only now; and is asked once more before (6.1). */
  async #complete(ticket: string): Promise<void> {
    if (!this.#isV2) await this.#ask('GetStatus', ticket);
    const last = await this.#call('CompleteScript', ticket, !this.#isV2);
    if (!this.#isV2) this.#take(last);
  }

  #call(method: keyof typeof PARAM_OF, ticket: string, hasLogs: boolean): Promise<unknown> {
    const $type = this.#isV2 ? v2Type(`${PARAM_OF[method]}V2`) : legacyType(PARAM_OF[method]);
    const param = { $type, Ticket: { TaskId: ticket }, ...(hasLogs && { LastLogSequence: BigInt(this.#next) }) };
    return this.#client.call(this.#isV2 ? 'IScriptServiceV2' : 'IScriptService', method, [param]);
  }

  #take(status: unknown): void {
    const logs = member(status, 'Logs');
    for (const entry of Array.isArray(logs) ? (logs as readonly unknown[]) : []) {
      const line = {
        source: numberMember(entry, 'Source'),
        text: textMember(entry, 'Text') ?? '',
        occurred: member(entry, 'Occurred') as Date, // 0x09 is a Date (3.4)
      };
      this.#lines.push(line);
      this.#options.onLog?.(line);
    }
    this.#next = numberMember(status, 'NextLogSequence');
    this.#state = numberMember(status, 'State');
    this.#exitCode = numberMember(status, 'ExitCode');
  }
}
