import { memberOf } from '@octo/halibut';
import { TransportError } from '@octo/kernel';

/** What came over the wire, read as leniently as .NET reads (halibut.md 3.4): names in any case, missing members empty. */
export class Reading {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #what: string;

  constructor(value: unknown, what: string) {
    if (typeof value !== 'object' || value === null) throw broken(`${what} is missing`);
    this.#members = value as Record<string, unknown>; // just looked at
    this.#what = what;
  }

  get(name: string): unknown {
    const key = memberOf(this.#members, name);
    return key === undefined ? undefined : (this.#members[key] ?? undefined);
  }

  text(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'string') return value;
    throw broken(`${name} of ${this.#what} is no text`);
  }

  /** int32, int64 or double. */
  number(name: string): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const number = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : Number.NaN;
    if (Number.isFinite(number)) return number;
    throw broken(`${name} of ${this.#what} is no number`);
  }

  flag(name: string): boolean {
    return this.get(name) === true;
  }

  list(name: string): readonly unknown[] {
    const value = this.get(name);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value as readonly unknown[];
    throw broken(`${name} of ${this.#what} is no list`);
  }

  texts(name: string): readonly string[] {
    return this.list(name).filter((item) => typeof item === 'string');
  }

  /** An enum, by number or by name. Source: 5.1. */
  choice<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.get(name);
    if (typeof value === 'string') return values.find((it) => it.toLowerCase() === value.toLowerCase());
    return value === undefined ? undefined : values[Number(value)];
  }

  /** Milliseconds since the epoch; a date, or ISO text. */
  instant(name: string): number {
    const value = this.get(name);
    const ms = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : Number.NaN;
    return Number.isNaN(ms) ? 0 : ms;
  }

  inside(name: string): Reading {
    return new Reading(this.get(name), `${name} of ${this.#what}`);
  }
}

function broken(message: string): TransportError {
  return new TransportError('OCTO_TRANSPORT_PROTOCOL', message, { started: 'maybe' });
}
