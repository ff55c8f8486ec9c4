import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Fields } from './values.ts';

const SOURCES = ['stdout', 'stderr', 'debug'] as const;
export type Source = (typeof SOURCES)[number];
type Entry = readonly [source: Source, text: string, occurred: string];

/** The log of a script: in memory, and in `Output.log` as a run of JSON arrays (halibut.md 7.6). */
export class ScriptLog {
  readonly #file: string;
  readonly #entries: Entry[];
  #isFrozen = false;

  /** Goes on with what the file holds. */
  constructor(file: string) {
    this.#file = file;
    if (!existsSync(file)) writeFileSync(file, '\ufeff');
    const text = readFileSync(file, 'utf8').slice(1);
    // a quote inside a string is escaped, so this sequence occurs only between two arrays
    this.#entries = text === '' ? [] : text.split('"]["').map((one, n, all) => parsed(one, n, all.length));
  }

  add(source: Source, text: string): void {
    if (this.#isFrozen) return;
    const entry: Entry = [source, text, new Date().toISOString().replace('Z', '0000+00:00')];
    this.#entries.push(entry);
    appendFileSync(this.#file, JSON.stringify(entry));
  }

  /** Three lines that the server interprets (7.5). */
  addBlock(kind: 'verbose' | 'wait', text: string): void {
    for (const line of [`##octopus[stdout-${kind}]`, text, '##octopus[stdout-default]']) this.add('stdout', line);
  }

  /** Nothing is added any more: its process is dead. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** Entries after number n, and the number of the last of them (5.5). */
  after(n: number): { readonly Logs: readonly Fields[]; readonly NextLogSequence: bigint } {
    const Logs = this.#entries.slice(n).map(([source, Text, occurred]) => ({
      Source: SOURCES.indexOf(source),
      Occurred: new Date(occurred),
      Text,
    }));
    return { Logs, NextLogSequence: BigInt(n + Logs.length) };
  }
}

function parsed(text: string, n: number, count: number): Entry {
  return JSON.parse(`${n === 0 ? '' : '["'}${text}${n === count - 1 ? '' : '"]'}`) as Entry; // written by add()
}
