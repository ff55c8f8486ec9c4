import { KnownFailure } from './errors.ts';

type Env = Readonly<Record<string, string | undefined>>;
/** How a machine keeps its disk; what is absent is as usual. */
export interface Upkeep {
  readonly cleanEveryMs?: number;
  readonly keepMs?: number;
  readonly minimumFreeBytes?: number;
}

const MEBI = 1024 * 1024;
const DAY_MS = 86_400_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The variables of the real Tentacle for its cleaner and for the check of free disk (R149, R150, halibut.md 7.8). */
export function upkeepOf(env: Env): Upkeep {
  const every = span(env, 'TENTACLE_WORKSPACE_CLEANER_DELAY');
  const keepMs = span(env, 'TENTACLE_WORKSPACE_CLEANER_DELETE_OLDER_THAN');
  const free = env['OctopusFreeDiskSpaceOverrideInMegaBytes']?.trim();
  const isSkipped = env['OctopusSkipFreeDiskSpaceCheck']?.trim().toLowerCase() === 'true';
  if (free && !/^\d{1,12}$/.test(free))
    throw new KnownFailure(`OctopusFreeDiskSpaceOverrideInMegaBytes wants a whole number, not '${free}'`);
  return {
    ...(every !== undefined && { cleanEveryMs: Math.min(LONGEST_TIMER_MS, Math.max(1_000, every)) }),
    ...(keepMs !== undefined && { keepMs }),
    ...(free && { minimumFreeBytes: Number(free) * MEBI }),
    ...(isSkipped && { minimumFreeBytes: 0 }),
  };
}

function span(env: Env, name: string): number | undefined {
  const text = env[name]?.trim();
  if (!text) return undefined;
  const ms = parseTimeSpan(text);
  if (ms !== undefined) return ms;
  throw new KnownFailure(`${name} wants a time as hours:minutes:seconds, e.g. 02:00:00, not '${text}'`);
}

/** As .NET writes it: `[days.]hours:minutes[:seconds[.fraction]]`, or days alone. Undefined: it is none. */
export function parseTimeSpan(text: string): number | undefined {
  if (/^\d{1,5}$/.test(text)) return Number(text) * DAY_MS;
  const parts = /^(?:(\d{1,5})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(\.\d{1,7})?)?$/.exec(text);
  if (!parts) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0, fraction = 0] = parts.slice(1).map((it) => Number(it ?? 0));
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  return Math.round(days * DAY_MS + hours * 3_600_000 + minutes * 60_000 + (seconds + fraction) * 1_000);
}
