import { type AnyShape, bare, isLeaf, isList, type Names, type Shape } from './wire-shape.ts';

/** How a resource meets the wire (rest.md 1.5). What the shape does not name goes neither out nor in. */
export interface WireForm<T> {
  readonly shape: Shape<T>;
  /** camelCase inside becomes PascalCase on the wire. */
  toWire(value: T): unknown;
  /**
   * Names in any case become those of the shape; others are ignored. Checks nothing else: what comes from outside goes
   * through a schema, what our own server answered has its type.
   */
  bind(body: unknown): unknown;
}

export function wireForm<T>(shape: Shape<T>): WireForm<T> {
  const any = shape as unknown as AnyShape; // Shape<T> is AnyShape for every T
  return { shape, toWire: (value) => outward(any, value), bind: (body) => inward(any, body) };
}
export function listOf<T>(form: WireForm<T>): WireForm<readonly T[]> {
  return wireForm<readonly T[]>([form.shape] as unknown as Shape<readonly T[]>); // a list's shape, by definition
}

/** A page of a log has thousands of lines: what a shape says is worked out once, and lines are only copied. */
function outward(given: AnyShape, value: unknown): unknown {
  const shape = bare(given);
  if (isLeaf(shape) || typeof value !== 'object' || value === null) return value;
  if (isList(shape))
    return isLeaf(shape[0]) || !Array.isArray(value) ? value : value.map((it) => outward(shape[0], it));
  if (Array.isArray(value)) return value;
  const members = wireMembers(shape);
  const isOpen = '*' in shape;
  const wire: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const member = members.get(key);
    const it = (value as Readonly<Record<string, unknown>>)[key]; // an object, by the checks above
    if (member) wire[member.name] = outward(member.shape, it);
    else if (isOpen) define(wire, key, it);
  }
  return wire;
}
/** Keys that are data may be called anything, `__proto__` too. */
function define(wire: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(wire, key, { value, enumerable: true, configurable: true, writable: true });
}

type Member = { readonly name: string; readonly shape: AnyShape };
const members = new WeakMap<Names, ReadonlyMap<string, Member>>();
/** What the shape's names are called on the wire. */
function wireMembers(names: Names): ReadonlyMap<string, Member> {
  const known = members.get(names);
  if (known) return known;
  const made = new Map(Object.entries(names).map(([key, shape]) => [key, { name: pascal(key), shape }] as const));
  members.set(names, made);
  return made;
}

/** Walk value and shape together; what does not fit the shape stays as it is, for a schema to refuse. */
function inward(given: AnyShape, value: unknown): unknown {
  const shape = bare(given);
  if (isLeaf(shape) || typeof value !== 'object' || value === null) return value;
  if (isList(shape)) return isLeaf(shape[0]) || !Array.isArray(value) ? value : value.map((it) => inward(shape[0], it));
  if (Array.isArray(value)) return value;
  const entries = Object.entries(value).flatMap(([key, it]) => {
    const name = spelling(shape).get(key.toLowerCase());
    if (name === undefined) return '*' in shape ? [[key, it]] : [];
    const member = shape[name];
    return [[name, member === undefined ? it : inward(member, it)]];
  });
  return Object.fromEntries(entries);
}

export function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

const spellings = new WeakMap<Names, ReadonlyMap<string, string>>();
/** The shape's names by their lower-case form, made once. */
function spelling(names: Names): ReadonlyMap<string, string> {
  const known = spellings.get(names) ?? new Map(Object.keys(names).map((name) => [name.toLowerCase(), name]));
  spellings.set(names, known);
  return known;
}
