import { type JsonSchema } from '@octo/api';
import { z } from 'zod';

/** What a request may send. */
export function bodyOf(type: z.ZodType): JsonSchema {
  return secretsAs(plain(type, 'input'), (written) => ({ ...written, writeOnly: true }));
}
/** What is answered after the schema has filled in its defaults. */
export function answerOf(type: z.ZodType, secret: JsonSchema): JsonSchema {
  return secretsAs(plain(type, 'output'), () => secret);
}

/** Schemas of octo's own bodies name their members as the code does; on the wire they begin with a capital. */
export function pascalBodyOf(type: z.ZodType): JsonSchema {
  return pascalNames(bodyOf(type)) as JsonSchema; // an object stays one
}

function plain(type: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, unrepresentable: 'any' });
  return schema;
}

/** Members that are marked `sensitive` (kind.ts) look one way when they are written, and another when they are read. */
function secretsAs(schema: JsonSchema, as: (written: JsonSchema) => JsonSchema): JsonSchema {
  const members = schema['properties'] as Readonly<Record<string, JsonSchema>> | undefined; // as JSON Schema has them
  if (!members) return schema;
  const properties = Object.entries(members).map(([name, { sensitive, ...member }]) => [
    name,
    sensitive === true ? as(member) : member,
  ]);
  return { ...schema, properties: Object.fromEntries(properties) as JsonSchema };
}

function pascalNames(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(pascalNames);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (keyword === 'properties')
        return [
          keyword,
          Object.fromEntries(Object.entries(value as object).map(([name, it]) => [pascal(name), pascalNames(it)])), // by its keyword
        ];
      if (keyword === 'required') return [keyword, (value as readonly string[]).map(pascal)]; // by its keyword
      return [keyword, pascalNames(value)];
    }),
  );
}
function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
