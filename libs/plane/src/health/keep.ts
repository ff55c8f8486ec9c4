import { type Capabilities } from '@octo/kernel';
import { type Absence, absenceOf, type Quarantine, quarantineOf } from '../model/condition.ts';
import { type NewEvent, SYSTEM_ACTOR } from '../model/event.ts';
import { type HealthStatus, type Worker } from '../model/worker.ts';
import { type HealthPolicy } from './policy.ts';
import { type Probed } from './probe.ts';

/** What a check has found about one worker. */
export interface Found {
  readonly health: HealthStatus;
  readonly statusSummary: string;
  /** Absent: it did not answer. */
  readonly capabilities?: Capabilities;
  /** Absent: nobody looked around there. */
  readonly probed?: Probed;
  /** What kept the check from asking is here, not there: no plugin, no account. No time counts against the machine (R101). */
  readonly isUnasked?: boolean;
}
export interface Kept {
  readonly nowMs: number;
  /** A person has asked for this check: what kept the worker out is to be looked at anew. */
  readonly isManual: boolean;
  /** When this process began to watch: what was before, it cannot vouch for. */
  readonly watchingSinceMs: number;
  readonly policy: HealthPolicy;
  readonly lines: readonly string[];
}

const HOUR_MS = 3_600_000;
const LEAST_GAP_MS = 600_000;
/** Of its log a worker keeps the end: every choice of a worker reads it along. */
const LOG_LINES = 20;
const LINE_LETTERS = 300;

/** The members of a worker's details that follow from a check; null forgets. */
export function detailsAfter(worker: Worker, found: Found, kept: Kept): Readonly<Record<string, unknown>> {
  const { nowMs, lines } = kept;
  return {
    LastChecked: new Date(nowMs).toISOString(),
    CheckLog: lines.slice(-LOG_LINES).map((line) => line.slice(0, LINE_LETTERS)),
    Absence: found.health === 'Unavailable' && !found.isUnasked ? absenceAfter(absenceOf(worker), kept) : null,
    Quarantine: quarantineAfter(quarantineOf(worker), found, kept) ?? null,
    ...(found.capabilities && { LastSeen: new Date(nowMs).toISOString() }),
    ...(found.capabilities && foundOut(worker, found.capabilities, found.probed)),
  };
}

/**
 * Time counts only between two checks that failed while this process watched, and never more than two rounds of the
 * schedule at once: a machine is not gone because the server was (R101).
 */
export function absenceAfter(before: Absence | undefined, { nowMs, watchingSinceMs, policy }: Kept): Absence {
  if (!before) return { sinceMs: nowMs, lastMs: nowMs, checks: 1, countedMs: 0 };
  const everyMs = policy.schedule.kind === 'interval' ? policy.schedule.everyMs : HOUR_MS;
  const mostMs = Math.max(2 * everyMs, LEAST_GAP_MS);
  const isWatched = before.lastMs >= watchingSinceMs;
  const countedMs = isWatched ? before.countedMs + Math.min(Math.max(0, nowMs - before.lastMs), mostMs) : 0;
  return { sinceMs: before.sinceMs, lastMs: nowMs, checks: isWatched ? before.checks + 1 : 1, countedMs };
}

/** A passed check ends the first quarantine, and every one whose time is over; so does a person's (I21). */
function quarantineAfter(before: Quarantine | undefined, { health }: Found, { nowMs, isManual }: Kept) {
  const hasPassed = health === 'Healthy' || health === 'HasWarnings';
  if (!before || before.untilMs === 0 || !hasPassed) return before;
  return isManual || before.count <= 1 || before.untilMs <= nowMs ? { ...before, untilMs: 0 } : before;
}

const SYSTEMS: Readonly<Record<string, string>> = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' };

/** Capabilities are found, not typed (I7). Members with names of Octopus's have them here. */
function foundOut(before: Worker, said: Capabilities, probed: Probed | undefined): Readonly<Record<string, unknown>> {
  const [system = '', processor] = (said.platform ?? '').split('-');
  const [shell] = said.shells;
  const osName = probed?.os ?? SYSTEMS[system];
  return {
    AgentVersion: said.agent,
    Capabilities: { ...toolsOf(before), ...said, ...probed },
    ...(osName !== undefined && { OperatingSystem: osName }),
    ...(probed?.osVersion !== undefined && { OperatingSystemVersion: probed.osVersion }),
    ...((probed?.architecture ?? processor) !== undefined && { Architecture: probed?.architecture ?? processor }),
    ...(shell !== undefined && { ShellName: shell === 'bash' ? 'Bash' : 'PowerShell' }),
    ...(probed?.shellVersion !== undefined && { ShellVersion: probed.shellVersion }),
  };
}

/** What was looked for another day. */
function toolsOf({ details }: Worker): Probed {
  const { tools, toolsAtMs } = (details['Capabilities'] ?? {}) as Probed; // nobody but this file writes it
  return { ...(tools && { tools }), ...(toolsAtMs !== undefined && { toolsAtMs }) };
}

/** One event for each change of health, with the one before (R98). */
export function changed(after: Worker, before: Worker, atMs: number): NewEvent {
  return {
    spaceId: after.spaceId,
    category: `Machine${after.health}`,
    actor: SYSTEM_ACTOR,
    atMs,
    message: `Worker ${after.name} was found ${after.health}; it was ${before.health}: ${after.statusSummary}`,
    documentType: 'Worker',
    documentIds: [after.id],
    differences: [{ member: 'HealthStatus', before: before.health, after: after.health }],
  };
}
