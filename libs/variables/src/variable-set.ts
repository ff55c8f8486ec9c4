import { InputError } from '@octo/kernel';
import { evaluate } from './template.ts';

export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly sensitive?: boolean;
}

/**
 * Variables by name. Case does not matter; a later entry wins, under the spelling and in the place of the first
 * (octostache.md 1). Values are templates, evaluated when they are read; so far only plain `#{Name}` references are
 * (template.ts). Variables that refer to each other are an `InputError` OCTO_VARIABLE_CYCLE as soon as one is read.
 */
export class VariableSet {
  readonly #byName = new Map<string, Variable>();
  readonly #evaluated = new Map<string, string>();
  /** Names under evaluation, from the outside in. */
  readonly #open = new Set<string>();

  constructor(entries: Iterable<Variable>) {
    for (const entry of entries) {
      const key = entry.name.toLowerCase();
      const name = this.#byName.get(key)?.name ?? entry.name;
      this.#byName.set(key, { ...entry, name });
    }
  }

  /** Evaluated. */
  get(name: string): string | undefined {
    const key = name.toLowerCase();
    const known = this.#evaluated.get(key);
    const variable = this.#byName.get(key);
    if (known !== undefined || !variable) return known;
    this.#refuseCycle(key);
    this.#open.add(key);
    try {
      const value = this.evaluate(variable.value);
      this.#evaluated.set(key, value);
      return value;
    } finally {
      this.#open.delete(key);
    }
  }
  /** As it was given. */
  raw(name: string): string | undefined {
    return this.#byName.get(name.toLowerCase())?.value;
  }
  /** Replaces plain `#{Name}` references; unknown ones stay. */
  evaluate(text: string): string {
    return evaluate(text, (name) => this.get(name));
  }
  /** In the order in which the names first came, values raw. */
  entries(): IterableIterator<Variable> {
    return this.#byName.values();
  }
  /** Evaluated values of the sensitive variables; empty ones are no secrets. */
  secrets(): readonly string[] {
    return [...this.#byName.values()]
      .filter((v) => v.sensitive)
      .map((v) => this.get(v.name) ?? '')
      .filter((v) => v !== '');
  }

  #refuseCycle(key: string): void {
    if (!this.#open.has(key)) return;
    const open = [...this.#open];
    const names = [...open.slice(open.indexOf(key)), key].map((k) => this.#byName.get(k)?.name ?? k);
    throw new InputError('OCTO_VARIABLE_CYCLE', `variables refer to each other: ${names.join(' -> ')}`, {
      hint: `take the reference to ${names.at(-1)} out of the value of ${names.at(-2)}`,
    });
  }
}
