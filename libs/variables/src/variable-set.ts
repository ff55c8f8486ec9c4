import { evaluate } from './template.ts';

export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly sensitive?: boolean;
}

/** Variables by name; case does not matter, a later entry wins. Values are templates, evaluated when they are read. */
export class VariableSet {
  readonly #byName = new Map<string, Variable>();

  constructor(entries: Iterable<Variable>) {
    for (const entry of entries) this.#byName.set(entry.name.toLowerCase(), entry);
  }

  /** Evaluated. */
  get(name: string): string | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : this.evaluate(value);
  }
  /** As it was given. */
  raw(name: string): string | undefined {
    return this.#byName.get(name.toLowerCase())?.value;
  }
  /** Replaces plain `#{Name}` references; unknown ones stay. */
  evaluate(text: string): string {
    return evaluate(text, (name) => this.raw(name));
  }
  /** In the order in which the names first came, values raw. */
  entries(): IterableIterator<Variable> {
    return this.#byName.values();
  }
  /** Evaluated values of the sensitive variables; empty ones are no secrets. */
  secrets(): readonly string[] {
    return [...this.#byName.values()]
      .filter((v) => v.sensitive)
      .map((v) => this.evaluate(v.value))
      .filter((v) => v !== '');
  }
}
