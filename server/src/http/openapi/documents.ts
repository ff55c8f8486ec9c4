import { type JsonSchema, schemaOfShape, shapes } from '@octo/api';
import { ACCOUNTS, CERTIFICATES, type DocumentKind, MACHINE_POLICIES, PROXIES, TEAMS } from '@octo/api/documents';
import { arrayOf, NOTHING, pageOf, place } from './schemas.ts';
import { type Operations } from './operation.ts';
import { NAMED, PAGING, type ParameterName } from './parameters.ts';
import { answerOf, bodyOf } from './zod.ts';

const { bool, each, instant, leaf, optional, str, strMap } = shapes;

interface Declared {
  readonly kind: DocumentKind;
  /** Members that are computed (`Habits.computed`). */
  readonly computed?: JsonSchema;
  readonly query?: readonly ParameterName[];
}
const KINDS: readonly Declared[] = [
  { kind: MACHINE_POLICIES },
  { kind: ACCOUNTS, query: ['accountType'] },
  { kind: PROXIES },
  { kind: CERTIFICATES },
  {
    kind: TEAMS,
    computed: schemaOfShape({
      SpaceId: leaf<null>({ type: 'null' }),
      ...each(bool, 'CanBeDeleted', 'CanBeRenamed', 'CanChangeMembers', 'CanChangeRoles'),
    }),
  },
];
const at = (name: string): JsonSchema => ({ $ref: place(name) });

/** Both sides of each kind: what is sent, and what documentWire answers. */
export function documentComponents(): JsonSchema {
  return Object.fromEntries(
    KINDS.flatMap(({ kind, computed }) => [
      [kind.itemType, wireSchema(kind, computed)],
      [`${kind.itemType}Body`, bodySchema(kind)],
    ]),
  ) as JsonSchema; // entries of names
}

type Members = { readonly properties: JsonSchema; readonly required: readonly string[] };

function wireSchema(kind: DocumentKind, computed?: JsonSchema): JsonSchema {
  const frame = schemaOfShape({
    Id: str,
    ...(kind.scope === 'space' && { SpaceId: str }),
    Slug: optional(str),
    LastModifiedOn: instant,
    LastModifiedBy: str,
    Links: strMap,
  });
  const members = answerOf(kind.schema, at('Secret'));
  const parts = [frame, members, ...(computed ? [computed] : [])] as readonly (JsonSchema & Partial<Members>)[]; // objects' schemas
  return {
    ...members,
    properties: Object.assign({}, ...parts.map((part) => part.properties)) as JsonSchema, // of objects
    required: parts.flatMap((part) => part.required ?? []),
  };
}
function bodySchema(kind: DocumentKind): JsonSchema {
  const body = bodyOf(kind.schema);
  return { ...body, properties: { ...(body['properties'] as object), Slug: { type: 'string' } } }; // an object's schema has them
}

/** The routes of documentRoutes. */
export function documentOperations(): Operations {
  return Object.assign({}, ...KINDS.map(operationsOf)) as Operations; // each is one
}

function operationsOf({ kind: { kind, itemType }, query = [] }: Declared): Operations {
  const path = `/api/${kind}`;
  const [answer, body] = [at(itemType), at(`${itemType}Body`)];
  const asked = [...NAMED, ...query];
  const tag = 'Documents';
  const headers = ['If-Match'] as const;
  return {
    [`GET ${path}`]: { tag, summary: `List: ${itemType}`, answer: pageOf(answer), query: [...PAGING, ...asked] },
    [`GET ${path}/all`]: { tag, summary: `All: ${itemType}`, answer: arrayOf(answer), query: asked },
    [`GET ${path}/:id`]: { tag, summary: `One, by id or slug: ${itemType}`, answer },
    [`POST ${path}`]: { tag, summary: `Add: ${itemType}`, body, answer, status: 201 },
    [`PUT ${path}/:id`]: { tag, summary: `Change: ${itemType}`, body, answer, headers, errors: [412] },
    [`DELETE ${path}/:id`]: { tag, summary: `Delete: ${itemType}`, answer: NOTHING, headers, errors: [412] },
  };
}
