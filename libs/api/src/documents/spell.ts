import { z } from 'zod';

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
}
const nodes = new WeakMap<z.ZodType, Node>();

/**
 * Members in any case of their names become those of the schema, at every depth; those that it does not name stay as
 * they came (rest.md 1.5).
 */
export function spell(schema: z.ZodType, body: unknown): unknown {
  let node = nodes.get(schema);
  if (!node) {
    node = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node; // what zod 4 makes of an object
    nodes.set(schema, node);
  }
  return walk(node, body);
}

function walk(node: Node, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((it) => (node.items ? walk(node.items, it) : it));
  if (typeof value !== 'object' || value === null) return value;
  const inner = node.properties ? node : node.anyOf?.find((it) => it.properties);
  const names = new Map(Object.keys(inner?.properties ?? {}).map((name) => [name.toLowerCase(), name]));
  const spelled: Record<string, unknown> = {};
  for (const [key, it] of Object.entries(value)) {
    const name = names.get(key.toLowerCase());
    const member = name === undefined ? undefined : inner?.properties?.[name];
    Object.defineProperty(spelled, name ?? key, {
      value: member ? walk(member, it) : it,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return spelled;
}
