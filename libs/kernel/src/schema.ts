import { InputError } from './errors.ts';

/**
 * Any validator that speaks Standard Schema v1 and Standard JSON Schema v1 (zod ≥ 4.2, arktype, valibot with an adapter).
 * One schema serves three readers: it checks REST bodies, becomes CLI flags, and documents itself in OpenAPI.
 * Its input side speaks the wire (full property names); its output side is what a step or transport gets.
 */
export interface Schema<T> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    validate(value: unknown): Outcome<T> | Promise<Outcome<T>>;
    readonly jsonSchema: { input(options: { target: 'draft-2020-12' }): Record<string, unknown> };
    readonly types?: { readonly input: unknown; readonly output: T } | undefined;
  };
}
type Outcome<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] };

/** Check a value from outside against a schema; `what` names it in the message. Every fault is named in one error. */
export async function parse<T>(schema: Schema<T>, value: unknown, what: string): Promise<T> {
  const outcome = await schema['~standard'].validate(value);
  if (!outcome.issues) return outcome.value;
  const faults = outcome.issues.map((i) => `${(i.path ?? []).map(segment).join('.') || 'value'}: ${i.message}`);
  throw new InputError('OCTO_INPUT', `${what} does not fit: ${faults.join('; ')}`);
}

/** A path segment is a key, or an object that holds one (Standard Schema v1). */
function segment(part: unknown): string {
  return String(typeof part === 'object' && part !== null && 'key' in part ? part.key : part);
}
