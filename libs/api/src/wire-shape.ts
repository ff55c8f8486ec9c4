/** What a JSON Schema says of a value (draft 2020-12, as OpenAPI 3.1 has it). */
export type JsonSchema = { readonly [keyword: string]: unknown };

const LEAF = Symbol('leaf');
export const NULLABLE = Symbol('nullable');
export const OPTIONAL = Symbol('optional');

export interface AnyLeaf {
  readonly [LEAF]: JsonSchema;
}
/** A member that passes as it is; `T` is in both directions, so that a leaf fits its own type alone. */
export interface Leaf<T> extends AnyLeaf {
  readonly of?: (value: T) => T;
}

/** What passes as it is, and how its schema says so. `T` is the caller's word: nothing checks it against the schema. */
export function leaf<T>(schema: JsonSchema): Leaf<T> {
  return { [LEAF]: schema };
}
export const str = leaf<string>({ type: 'string' });
/** An ISO 8601 instant in UTC. */
export const instant = leaf<string>({ type: 'string', format: 'date-time' });
export const int = leaf<number>({ type: 'integer' });
export const num = leaf<number>({ type: 'number' });
export const bool = leaf<boolean>({ type: 'boolean' });
export const anything = leaf<unknown>({});
/** A map whose keys are data (`Arguments`). */
export const anyMap = leaf<Readonly<Record<string, unknown>>>({ type: 'object' });
/** A map from data to texts: `Links`, `Properties`. */
export const strMap = leaf<Readonly<Record<string, string>>>({
  type: 'object',
  additionalProperties: { type: 'string' },
});
export const intMap = leaf<Readonly<Record<string, number>>>({
  type: 'object',
  additionalProperties: { type: 'integer' },
});
export function oneOf<const W extends string>(...words: readonly W[]): Leaf<W> {
  return leaf<W>({ type: 'string', enum: words });
}

/** `null` stands for an absent value; the member itself is always there. */
export function nullable<const S>(shape: S): Nullable<S> {
  return { [NULLABLE]: shape };
}
/** The member may be left out. */
export function optional<const S>(shape: S): Optional<S> {
  return { [OPTIONAL]: shape };
}
export function list<const S>(shape: S): readonly [S] {
  return [shape];
}
/** Several members of one shape. */
export function each<const N extends string, S>(shape: S, ...names: readonly N[]): { readonly [K in N]: S } {
  return Object.fromEntries(names.map((name) => [name, shape])) as { [K in N]: S }; // one entry for each name
}

export interface Nullable<S> {
  readonly [NULLABLE]: S;
}
export interface Optional<S> {
  readonly [OPTIONAL]: S;
}
/** Names some members; the keys of all others are data and stay. An endpoint is so. */
export interface Open {
  readonly '*': Leaf<unknown>;
  readonly [name: string]: AnyShape;
}

/**
 * Which members of a resource are names, at every depth, and what their values are: a leaf of another type than the
 * member's does not compile. A list has the shape of one of its items in brackets.
 */
export type Shape<T> = unknown extends T
  ? Leaf<unknown>
  : null extends T
    ? Nullable<Shape<Exclude<T, null>>>
    : [T] extends [string | number | boolean]
      ? Leaf<T>
      : [T] extends [readonly (infer I)[]]
        ? Leaf<T> | readonly [Shape<I>]
        : string extends keyof T
          ? Leaf<T> | Open
          : { readonly [K in keyof T]-?: Member<T, K> };
type Member<T, K extends keyof T> =
  Record<never, never> extends Pick<T, K> ? Optional<Shape<Exclude<T[K], undefined>>> : Shape<T[K]>;

export type Names = { readonly [name: string]: AnyShape };
/** The same without its type. Of a member that is nullable or optional the walk wants to know only what is inside. */
export type AnyShape =
  AnyLeaf | readonly [AnyShape] | Names | { readonly [NULLABLE]: AnyShape } | { readonly [OPTIONAL]: AnyShape };
type Bare = AnyLeaf | readonly [AnyShape] | Names;

/** The shape without `nullable` and `optional` around it. */
export function bare(shape: AnyShape): Bare {
  if (NULLABLE in shape) return bare(shape[NULLABLE]);
  if (OPTIONAL in shape) return bare(shape[OPTIONAL]);
  return shape;
}
export function isLeaf(shape: AnyShape): shape is AnyLeaf {
  return LEAF in shape;
}
export function isList(shape: AnyShape): shape is readonly [AnyShape] {
  return Array.isArray(shape);
}
export function schemaOf(shape: AnyLeaf): JsonSchema {
  return shape[LEAF];
}
