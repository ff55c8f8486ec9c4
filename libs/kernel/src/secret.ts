const BRAND = Symbol.for('octo.secret');

/**
 * A sensitive text that prints as `***` wherever it is turned into text, JSON or an inspected object.
 * `reveal()` is called only in the file that uses the value; whoever reveals adds it to the mask first.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    Object.defineProperty(this, BRAND, { value: true });
  }

  static is(value: unknown): value is Secret {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  reveal(): string {
    return this.#text;
  }
  toString(): string {
    return '***';
  }
  toJSON(): string {
    return '***';
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '***';
  }
}
