import { type JsonSchema, pagedOf, taskTypeForm, toJsonSchema } from '@octo/api';

export const place = (name: string) => `#/components/schemas/${name}`;

export function arrayOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}
/** One page of a collection (rest.md 1.7). */
export function pageOf(items: JsonSchema, more: Readonly<Record<string, JsonSchema>> = {}): JsonSchema {
  const page = toJsonSchema(pagedOf(taskTypeForm));
  return {
    ...page,
    properties: { ...(page['properties'] as object), Items: arrayOf(items), ...more }, // an object's schema has them
    required: [...(page['required'] as readonly string[]), ...Object.keys(more)],
  };
}
/** Only `{}`: it is done. */
export const NOTHING: JsonSchema = { type: 'object', additionalProperties: false };
