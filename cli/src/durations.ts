import { InputError } from '@octo/kernel';

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** `90`, `90s`, `10m`, `1h30m`, `2d` in seconds. */
export function parseDuration(text: string, flag: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const parts = [...text.matchAll(/(\d+)([smhd])/g)];
  const isWhole = parts.length > 0 && parts.map((p) => p[0]).join('') === text;
  if (!isWhole)
    throw new InputError('OCTO_CLI_DURATION', `${flag} "${text}" is no duration`, {
      hint: 'write it like 90s, 10m, 1h30m or 2d',
    });
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNIT_SECONDS[unit ?? 's'] ?? 1), 0);
}
