import { expect, test } from 'vitest';
import { toJsonSchema } from './json-schema.ts';
import { explanationForm } from './resources/explanation.ts';
import { workerForm } from './resources/worker.ts';
import { listOf, wireForm } from './wire-form.ts';
import { bool, each, int, list, nullable, oneOf, optional, str, strMap, type Shape } from './wire-shape.ts';

interface Thing {
  readonly name: string;
  readonly size: number;
  readonly kind: 'a' | 'b' | null;
  readonly tags?: readonly string[];
  readonly inner: { readonly isOpen: boolean } | null;
  readonly links: Readonly<Record<string, string>>;
}
const thing: Shape<Thing> = {
  name: str,
  size: int,
  kind: nullable(oneOf('a', 'b')),
  tags: optional(list(str)),
  inner: nullable({ isOpen: bool }),
  links: strMap,
};

test('a form says its types under the names of the wire; what may be left out is not required', () => {
  expect(toJsonSchema(wireForm<Thing>(thing))).toEqual({
    type: 'object',
    properties: {
      Name: { type: 'string' },
      Size: { type: 'integer' },
      Kind: { type: ['string', 'null'], enum: ['a', 'b', null] },
      Tags: { type: 'array', items: { type: 'string' } },
      Inner: {
        type: ['object', 'null'],
        properties: { IsOpen: { type: 'boolean' } },
        required: ['IsOpen'],
        additionalProperties: false,
      },
      Links: { type: 'object', additionalProperties: { type: 'string' } },
    },
    required: ['Name', 'Size', 'Kind', 'Inner', 'Links'],
    additionalProperties: false,
  });
});

test('what is kept elsewhere is referred to, a form within itself too', () => {
  const refOf = (shape: unknown) => (shape === explanationForm.shape ? '#/tree' : undefined);
  expect(toJsonSchema(explanationForm, refOf)['properties']).toMatchObject({
    Children: { type: 'array', items: { $ref: '#/tree' } },
  });
  expect(toJsonSchema(listOf(explanationForm), refOf)).toEqual({ type: 'array', items: { $ref: '#/tree' } });
});

test('only an open shape allows members that it does not name', () => {
  expect(toJsonSchema(workerForm)).toMatchObject({
    additionalProperties: false,
    properties: { Endpoint: { additionalProperties: true, required: ['CommunicationStyle'] } },
  });
});

test('a leaf of another type than its member does not compile', () => {
  // @ts-expect-error -- `size` is a number
  const text: Shape<Thing> = { ...thing, ...each(str, 'size') };
  // @ts-expect-error -- `kind` can be null
  const never: Shape<Thing> = { ...thing, kind: oneOf('a', 'b') };
  // @ts-expect-error -- `c` is no kind
  const other: Shape<Thing> = { ...thing, kind: nullable(oneOf('a', 'b', 'c')) };
  // @ts-expect-error -- `tags` may be left out
  const always: Shape<Thing> = { ...thing, tags: list(str) };
  expect([text, never, other, always]).toHaveLength(4);
});
