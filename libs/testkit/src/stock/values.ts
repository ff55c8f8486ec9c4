import { randomBytes } from 'node:crypto';

/** An object of the wire. `$type`, where it has one, is its first member (halibut.md 3.7). */
export type Fields = Readonly<Record<string, unknown>>;

/** A data stream as a value: put it into params or a result, and its bytes follow the message. All in memory. */
export class StockStream {
  readonly bytes: Buffer;
  readonly id: Buffer;

  constructor(bytes: Uint8Array, id: Uint8Array = randomGuid()) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.id = Buffer.from(id);
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** A member by its name in any case (3.4). */
export function member(from: unknown, name: string): unknown {
  if (!isFields(from)) return undefined;
  const key = Object.keys(from).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : from[key];
}

export function textMember(from: unknown, name: string): string | undefined {
  const value = member(from, name);
  return typeof value === 'string' ? value : undefined;
}

export function numberMember(from: unknown, name: string): number {
  const value = member(from, name);
  return typeof value === 'number' ? value : 0;
}

/** A version 4 Guid as .NET writes it: the first three groups byte-swapped (3.5). */
export function randomGuid(): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(7) & 0x0f) | 0x40, 7);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes;
}

export function guidText(net: Uint8Array): string {
  const bytes = Buffer.from(net);
  const swapped = [bytes.subarray(0, 4), bytes.subarray(4, 6), bytes.subarray(6, 8)].map((group) =>
    Buffer.from(group).reverse().toString('hex'),
  );
  return [...swapped, bytes.toString('hex', 8, 10), bytes.toString('hex', 10)].join('-');
}

/** `[d.]hh:mm:ss[.fffffff]` (3.6). */
export function timeSpanText(ms: number): string {
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  const [days, rest] = [Math.floor(ms / 86_400_000), ms % 86_400_000];
  const fraction = rest % 1000 === 0 ? '' : `.${String(Math.round((rest % 1000) * 10_000)).padStart(7, '0')}`;
  const clock = `${two(rest / 3_600_000)}:${two((rest / 60_000) % 60)}:${two((rest / 1000) % 60)}`;
  return `${days > 0 ? `${days}.` : ''}${clock}${fraction}`;
}

export function timeSpanMs(text: string): number {
  const found = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(\.\d{1,7})?$/.exec(text);
  if (found === null) throw new WireError(`'${text}' is no TimeSpan`);
  const [days, hours, minutes, seconds, fraction] = found.slice(1).map((part) => Number(part ?? 0));
  const whole = ((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!; // five groups, five numbers
  return Math.round((whole + fraction!) * 1000);
}

/** The peer broke a rule of the wire, or left in the middle of something; the connection is of no more use. */
export class WireError extends Error {
  override readonly name = 'WireError';
}
