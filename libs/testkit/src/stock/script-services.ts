import { setTimeout as sleep } from 'node:timers/promises';
import { type Param, type StockService } from './agent-host.ts';
import { legacyType, v2Type } from './contract-names.ts';
import { EXIT, Mutexes } from './isolation.ts';
import { RunningScript, STATE } from './running-script.ts';
import { type Fields, member, numberMember, textMember, timeSpanMs } from './values.ts';
import { Workspace } from './workspace.ts';

interface Known {
  readonly script: RunningScript;
  readonly workspace: Workspace;
}

/** IScriptService and IScriptServiceV2 of one agent process (halibut.md 5.5, 5.6). */
export class ScriptServices {
  readonly #home: string;
  readonly #mutexes = new Mutexes();
  readonly #v1 = new Map<string, Known>();
  readonly #v2 = new Map<string, Known>();
  readonly #starting = new Map<string, Promise<unknown>>();
  #counter = 0;

  constructor(home: string) {
    this.#home = home;
  }

  get v1(): StockService {
    const className = 'Octopus.Tentacle.Services.Scripts.ScriptService';
    const type = (name: Parameters<typeof legacyType>[0]): readonly Param[] => [{ type: legacyType(name) }];
    return {
      className,
      methods: {
        StartScript: { params: type('StartScriptCommand'), invoke: (command: Fields) => this.#startV1(command) },
        GetStatus: { params: type('ScriptStatusRequest'), invoke: (request: Fields) => this.#statusV1(request) },
        CancelScript: { params: type('CancelScriptCommand'), invoke: (command: Fields) => this.#cancelV1(command) },
        CompleteScript: {
          params: type('CompleteScriptCommand'),
          invoke: (command: Fields) => this.#completeV1(command),
        },
      },
    };
  }

  get v2(): StockService {
    const className = 'Octopus.Tentacle.Services.Scripts.ScriptServiceV2';
    const type = (name: Parameters<typeof v2Type>[0]): readonly Param[] => [{ type: v2Type(name) }];
    return {
      className,
      methods: {
        StartScript: { params: type('StartScriptCommandV2'), invoke: (command: Fields) => this.#startV2(command) },
        GetStatus: { params: type('ScriptStatusRequestV2'), invoke: (request: Fields) => this.#statusV2(request) },
        CancelScript: { params: type('CancelScriptCommandV2'), invoke: (command: Fields) => this.#cancelV2(command) },
        CompleteScript: {
          params: type('CompleteScriptCommandV2'),
          invoke: (command: Fields) => this.#completeV2(command),
        },
      },
    };
  }

  /** The process dies: its scripts live on, and nothing of them is written down any more. */
  abandon(): void {
    for (const { script } of this.#all) script.abandon();
  }
  /** Also those of a process that has died. */
  killAll(): void {
    for (const { script } of this.#all) script.kill();
  }

  get #all(): readonly Known[] {
    return [...this.#v1.values(), ...this.#v2.values()];
  }

  #launch(command: Fields, workspace: Workspace, onState: (script: RunningScript) => void): RunningScript {
    const given = member(command, 'Arguments');
    const launch = {
      workspace: workspace.folder,
      arguments: Array.isArray(given) ? given.map(String) : [],
      isolation: {
        isFull: numberMember(command, 'Isolation') === 1,
        name: textMember(command, 'IsolationMutexName') ?? 'RunningScript',
        timeoutMs: timeSpanMs(textMember(command, 'ScriptIsolationMutexTimeout') ?? '00:00:00'),
        taskId: textMember(command, 'TaskId') ?? '',
      },
      env: { TentacleHome: this.#home, TentacleJournal: `${this.#home}/DeploymentJournal.xml` },
    };
    return new RunningScript(launch, workspace.log, this.#mutexes, onState);
  }

  /** Idempotent by ticket, also over a restart; starts of one ticket come one after the other. */
  async #startV2(command: Fields): Promise<Fields> {
    const ticket = ticketOf(command, 'ScriptTicket');
    const before = this.#starting.get(ticket) ?? Promise.resolve();
    const turn = before.then(() => this.#startOnce(ticket, command));
    this.#starting.set(
      ticket,
      turn.catch(() => undefined),
    );
    await turn;
    return this.#statusOf(ticket, 0);
  }

  async #startOnce(ticket: string, command: Fields): Promise<void> {
    let known = this.#v2.get(ticket.toLowerCase());
    if (known === undefined) {
      const workspace = new Workspace(this.#home, ticket);
      if ((workspace.state?.State ?? 0) >= STATE.running) return;
      workspace.prepare(command);
      workspace.save();
      known = { workspace, script: this.#launch(command, workspace, (script) => workspace.save(script)) };
      this.#v2.set(ticket.toLowerCase(), known);
    }
    const wait = textMember(command, 'DurationToWaitForScriptToFinish');
    if (wait !== undefined) await within(known.script.finished, timeSpanMs(wait));
  }

  #statusV2(request: Fields): Fields {
    return this.#statusOf(ticketOf(request), numberMember(request, 'LastLogSequence'));
  }

  #cancelV2(command: Fields): Fields {
    const ticket = ticketOf(command);
    const status = this.#statusOf(ticket, numberMember(command, 'LastLogSequence'));
    this.#v2.get(ticket.toLowerCase())?.script.cancel();
    return status; // Running, as it was seen: the kill has just been sent (12)
  }

  #completeV2(command: Fields): null {
    const ticket = ticketOf(command);
    this.#forget(this.#v2, ticket);
    return null;
  }

  #statusOf(ticket: string, after: number): Fields {
    const known = this.#v2.get(ticket.toLowerCase());
    const workspace = known?.workspace ?? new Workspace(this.#home, ticket); // made even for one that nobody knows (5.5)
    const { State, ExitCode } = known
      ? { State: known.script.state, ExitCode: known.script.exitCode }
      : savedResult(workspace);
    return {
      $type: v2Type('ScriptStatusResponseV2'),
      Ticket: { TaskId: ticket },
      ...workspace.log.after(after),
      State,
      ExitCode,
    };
  }

  #startV1(command: Fields): Fields {
    const task = (textMember(command, 'TaskId') ?? '').replace('ServerTasks-', '');
    const at = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14);
    const ticket = `${at}-${task}-${++this.#counter}`;
    const workspace = new Workspace(this.#home, ticket);
    workspace.prepare(command);
    this.#v1.set(ticket.toLowerCase(), { workspace, script: this.#launch(command, workspace, () => undefined) });
    return { $type: legacyType('ScriptTicket'), TaskId: ticket };
  }

  #statusV1(request: Fields): Fields {
    const ticket = ticketOf(request);
    const known = this.#v1.get(ticket.toLowerCase());
    const { log } = known?.workspace ?? new Workspace(this.#home, ticket);
    return {
      $type: legacyType('ScriptStatusResponse'),
      Ticket: { TaskId: ticket },
      ...log.after(numberMember(request, 'LastLogSequence')),
      State: known?.script.state ?? STATE.complete,
      ExitCode: known?.script.exitCode ?? 0, // a ticket that nobody knows looks like a success (5.6)
    };
  }

  #cancelV1(command: Fields): Fields {
    const status = this.#statusV1(command);
    this.#v1.get(ticketOf(command).toLowerCase())?.script.cancel();
    return status;
  }

  #completeV1(command: Fields): Fields {
    const ticket = ticketOf(command);
    const status = this.#statusV1(command);
    this.#forget(this.#v1, ticket);
    return status;
  }

  #forget(all: Map<string, Known>, ticket: string): void {
    const known = all.get(ticket.toLowerCase());
    known?.script.abandon();
    known?.script.kill();
    all.delete(ticket.toLowerCase());
    new Workspace(this.#home, ticket).delete();
  }
}

function ticketOf(command: Fields, name = 'Ticket'): string {
  const ticket = textMember(member(command, name), 'TaskId');
  if (ticket === undefined) throw new Error("Value cannot be null. (Parameter 'ticket')");
  return ticket;
}

/** What a process that did not start the script knows of it; that it was orphaned is stored (5.5). */
function savedResult(workspace: Workspace): { readonly State: number; readonly ExitCode: number } {
  const { state } = workspace;
  if (state === undefined) return { State: STATE.complete, ExitCode: EXIT.unknownScript };
  if (state.State === STATE.complete) return { State: STATE.complete, ExitCode: state.ExitCode ?? 0 };
  const result = { state: STATE.complete, exitCode: EXIT.unknownResult };
  workspace.save(result);
  return { State: result.state, ExitCode: result.exitCode };
}

async function within(finished: Promise<void>, ms: number): Promise<void> {
  if (ms === 0) return;
  const stop = new AbortController();
  await Promise.race([finished, sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined)]);
  stop.abort();
}
