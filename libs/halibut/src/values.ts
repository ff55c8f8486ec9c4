import { randomUUID } from 'node:crypto';

/**
 * A .NET Guid: its 16 bytes as they travel, the first three groups with their bytes swapped (halibut.md 3.5).
 * Guids are compared and echoed as bytes; text is for people and for ids.
 */
export class Guid {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    if (bytes.length !== 16) throw new RangeError(`a Guid has 16 bytes, not ${bytes.length}`);
    this.bytes = bytes;
  }

  static random(): Guid {
    return Guid.parse(randomUUID());
  }

  static parse(text: string): Guid {
    const hex = text.replaceAll('-', '');
    if (!/^[0-9a-f]{32}$/i.test(hex)) throw new RangeError(`'${text}' is no Guid`);
    return new Guid(swap(Buffer.from(hex, 'hex')));
  }

  /** Lower case, with dashes, in the order that is printed. */
  toString(): string {
    const hex = swap(this.bytes).toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  /** As a key of maps. */
  get key(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset, 16).toString('latin1');
  }
}

const ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
function swap(bytes: Uint8Array): Buffer {
  return Buffer.from(ORDER.map((at) => bytes[at] ?? 0));
}

const DAY_MS = 86_400_000;

/** .NET's text of a TimeSpan: `[-][d.]hh:mm:ss[.fffffff]` (3.6). */
export function timeSpan(ms: number): string {
  const whole = Math.round(Math.abs(ms));
  const days = Math.floor(whole / DAY_MS);
  const two = (n: number) => String(n).padStart(2, '0');
  const time = [Math.floor(whole / 3_600_000) % 24, Math.floor(whole / 60_000) % 60, Math.floor(whole / 1000) % 60];
  const fraction = whole % 1000 === 0 ? '' : `.${String(whole % 1000).padStart(3, '0')}0000`;
  return `${ms < 0 ? '-' : ''}${days > 0 ? `${days}.` : ''}${time.map(two).join(':')}${fraction}`;
}

/** Milliseconds of a TimeSpan's text; fewer digits of the fraction are fine (3.6). Throws a RangeError. */
export function parseTimeSpan(text: string): number {
  const match = /^(-)?(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?$/.exec(text.trim());
  if (!match) throw new RangeError(`'${text}' is no TimeSpan`);
  const [, minus, days = '0', hours = '0', minutes = '0', seconds = '0', fraction = '0'] = match;
  const ms = Number(days) * DAY_MS + Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1000;
  return (minus ? -1 : 1) * (ms + Math.round(Number(`0.${fraction}`) * 1000));
}
