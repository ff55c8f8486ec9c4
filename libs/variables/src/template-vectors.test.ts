import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Variable, VariableSet } from './variable-set.ts';

interface Case {
  readonly id: string;
  readonly source?: string;
  readonly op: string;
  readonly template?: string | null;
  readonly post?: unknown;
  readonly variables?: Readonly<Record<string, string | null>>;
  readonly expected?: { readonly value?: string | null };
}

/** Recorded from the real library; they lie beside the repository and are never copied into it. */
const VECTORS = join(import.meta.dirname, '../../../../shared/vectors');
/** What the plain subset does not do, by the chapter of octostache.md that the template engine brings. */
const RICH = /\||#\{\s*(?:if|unless|each|calc|else|\/)|\[\s*#\{|\[\*\]/i;
/** 5: values that are JSON can be looked into. */
const JSON_VALUE = /^\s*[{[]/;
/** 1 the binding tree, 2 corners of the grammar, 3 canonical echo and that a text that does not parse is raw as a whole. */
const LATER = new Set(
  `name-07 name-08 name-22 binding-07 binding-14 binding-18 name-28 halt-31 halt-32 missing-03
   escape-24 nested-08 missing-25 halt-45`.split(/\s+/),
);

function isPlain({ op, template, post, variables = {}, expected }: Case): boolean {
  if (op !== 'evaluate' || post !== undefined || typeof template !== 'string') return false;
  if (typeof expected?.value !== 'string') return false;
  const values = Object.values(variables).map((value) => value ?? '');
  return !values.some((value) => JSON_VALUE.test(value)) && ![template, ...values].some((text) => RICH.test(text));
}

describe.each([
  ['octostache.json', 19],
  ['octostache-real.json', 88],
])('the cases of %s with plain references only', (file, atLeast) => {
  const path = join(VECTORS, file);
  const isThere = existsSync(path);
  const { cases } = (isThere ? JSON.parse(readFileSync(path, 'utf8')) : { cases: [] }) as { cases: readonly Case[] };
  const plain = cases.filter((c) => isPlain(c) && !LATER.has(c.id));

  test.skipIf(!isThere)('are as many as were counted', () => {
    expect(plain.length).toBeGreaterThanOrEqual(atLeast);
  });
  test.skipIf(!isThere)('give what the real library gives', () => {
    const given = plain.map(({ id, template, variables = {} }) => [id, evaluate(template ?? '', variables)]);
    expect(given).toEqual(plain.map(({ id, expected }) => [id, expected?.value]));
  });
});

function evaluate(template: string, variables: NonNullable<Case['variables']>): string {
  const entries = Object.entries(variables).map(([name, value]): Variable => ({ name, value: value ?? '' }));
  return new VariableSet(entries).evaluate(template);
}
