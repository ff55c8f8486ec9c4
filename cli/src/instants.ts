import { InputError } from '@octo/kernel';
import { parseDuration } from './durations.ts';

/** `2h`, `90d` (from now), or ISO 8601. As ISO text in UTC. `sign` -1 counts back. */
export function instantOf(text: string, { flag, sign, nowMs }: { flag: string; sign: 1 | -1; nowMs: number }): string {
  const isDuration = /^(\d+[smhd])+$/.test(text);
  const ms = isDuration ? nowMs + sign * parseDuration(text, flag) * 1_000 : isoMs(text);
  if (Number.isFinite(ms) && Math.abs(ms) <= 8.64e15) return new Date(ms).toISOString(); // the largest Date
  throw new InputError('OCTO_CLI_WHEN', `${flag} "${text}" is no instant`, {
    hint: 'write it like 2h, 90d, 2026-01-31 or 2026-01-31T12:00:00Z',
  });
}

/** Date.parse alone would take "7" for a month. */
function isoMs(text: string): number {
  return /^\d{4}-\d\d-\d\d(T.*)?$/.test(text) ? Date.parse(text) : Number.NaN;
}
