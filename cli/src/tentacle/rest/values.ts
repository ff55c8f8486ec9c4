import { RestFailure } from './failures.ts';

/** One option of a command. What it is called first is its key among the values. */
export interface OptionSpec {
  /** Without dashes; compared without regard to case. */
  readonly names: readonly [string, ...string[]];
  /** `text` keeps the last value, `list` all of them; a `flag` has none. */
  readonly kind: 'text' | 'list' | 'number' | 'flag';
  readonly description: string;
  /** Masked where the command line is logged (halibut.md 9.1). */
  readonly isSecret?: true;
}

/** The values of one command line, by the first name of their option; a flag that was given has one of any text. */
export class Values {
  readonly #all: ReadonlyMap<string, readonly string[]>;

  constructor(all: ReadonlyMap<string, readonly string[]>) {
    this.#all = all;
  }
  /** All values, without the empty ones: `--name ""` counts as not given. */
  list(name: string): readonly string[] {
    return (this.#all.get(name) ?? []).filter((value) => value !== '');
  }
  flag(name: string): boolean {
    return this.#all.has(name);
  }
  /** An object with the member, or without it: so that it can be spread into options. */
  text<K extends string>(key: K, name: string): { readonly [P in K]?: string } {
    const value = this.list(name).at(-1);
    return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: string }; // built from the key
  }
  number<K extends string>(key: K, name: string): { readonly [P in K]?: number } {
    const value = this.list(name).at(-1);
    if (value === undefined) return {};
    if (/^\d{1,9}$/.test(value.trim())) return { [key]: Number(value) } as { readonly [P in K]?: number }; // built from the key
    throw new RestFailure('OCTO_REGISTER_NUMBER', `--${name} wants a number, and '${value}' is none`);
  }
}
