import { pascal } from './wire-form.ts';
import { type AnyShape, bare, isLeaf, isList, type JsonSchema, NULLABLE, OPTIONAL, schemaOf } from './wire-shape.ts';

/** The place of a schema that is kept elsewhere, if this shape is one of those. */
export type RefOf = (shape: unknown) => string | undefined;

/**
 * What the form says of its wire side. Members are required unless they are `optional`; others than the named ones are
 * refused, except where the shape is open. A form that holds itself must have a reference.
 */
export function toJsonSchema({ shape }: { readonly shape: unknown }, refOf: RefOf = () => undefined): JsonSchema {
  return whole(shape as AnyShape, refOf); // Shape<T> is AnyShape for every T
}

/** The same for a shape alone, of an object that has its wire names already; it is referred to where it can be. */
export function schemaOfShape(shape: AnyShape, refOf: RefOf = () => undefined): JsonSchema {
  return schema(shape, refOf);
}

function schema(shape: AnyShape, refOf: RefOf): JsonSchema {
  if (NULLABLE in shape) return orNull(schema(shape[NULLABLE], refOf));
  if (OPTIONAL in shape) return schema(shape[OPTIONAL], refOf);
  const ref = refOf(shape);
  return ref === undefined ? whole(shape, refOf) : { $ref: ref };
}

function orNull(inside: JsonSchema): JsonSchema {
  const { type, enum: words, ...rest } = inside;
  if (typeof type !== 'string') return { anyOf: [inside, { type: 'null' }] };
  return { type: [type, 'null'], ...(Array.isArray(words) && { enum: [...(words as unknown[]), null] }), ...rest };
}

/** The shape itself, even if it could be referred to. */
function whole(given: AnyShape, refOf: RefOf): JsonSchema {
  const shape = bare(given);
  if (isLeaf(shape)) return schemaOf(shape);
  if (isList(shape)) return { type: 'array', items: schema(shape[0], refOf) };
  const members = Object.entries(shape).filter(([name]) => name !== '*');
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(([name, member]) => [pascal(name), schema(member, refOf)])),
    required: members.filter(([, member]) => !(OPTIONAL in member)).map(([name]) => pascal(name)),
    additionalProperties: '*' in shape,
  };
}
