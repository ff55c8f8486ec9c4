/** The cookies of one site, kept as long as one command runs: paths and lifetimes do not matter there. */
export class Cookies {
  readonly #values = new Map<string, string>();

  /** Takes the `Set-Cookie` headers of an answer. */
  take(headers: readonly string[]): void {
    for (const header of headers) {
      const pair = header.split(';', 1)[0] ?? '';
      const at = pair.indexOf('=');
      if (at <= 0) continue;
      const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
      if (value) this.#values.set(name, value);
      else this.#values.delete(name);
    }
  }

  /** Values of the cookies whose names begin so. */
  beginning(prefix: string): readonly string[] {
    return [...this.#values].flatMap(([name, value]) => (name.startsWith(prefix) ? [value] : []));
  }

  /** Content of the `Cookie` header; empty when there is none. */
  toString(): string {
    return [...this.#values].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}
