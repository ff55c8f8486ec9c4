import { parseDuration } from '../durations.ts';

/** `90s`, `10m` or `00:10:00` as .NET writes it: `[d.]hh:mm:ss` (rest.md 1.5). */
export function timeSpan(text: string, flag: string): string {
  if (/^(\d+\.)?\d{1,2}:\d{2}:\d{2}$/.test(text)) return text;
  const all = parseDuration(text, flag);
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  const days = Math.floor(all / 86_400);
  return `${days > 0 ? `${days}.` : ''}${two((all % 86_400) / 3_600)}:${two((all % 3_600) / 60)}:${two(all % 60)}`;
}
