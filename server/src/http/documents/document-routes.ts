import { type DocumentKind, spell } from '@octo/api/documents';
import { ConflictError, InputError, parse } from '@octo/kernel';
import { type Document } from '@octo/plane';
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Plane } from '../../plane.ts';
import { audited } from '../access/audited.ts';
import { documentRules, type Rule } from '../access/rules.ts';
import { pageOf, type Query, text } from '../collections.ts';
import { notFound } from '../errors.ts';
import { isSame, named } from '../filters.ts';
import { iso } from '../instants.ts';
import { textOf } from '../members.ts';
import { spaceOfRequest } from '../scope.ts';
import { splitSecrets } from './secrets.ts';

export type Members = Readonly<Record<string, unknown>>;
export type Wire = Readonly<Record<string, unknown>>;

interface CheckAt {
  readonly spaceId: string | null;
  /** What is changed. */
  readonly before?: Document;
  readonly request: FastifyRequest;
}

/** What one kind has beside the others. */
export interface Habits {
  /** Refuses what the schema alone cannot judge; may complete the members. */
  readonly check?: (members: Members, at: CheckAt) => Promise<Members>;
  /** Refuses the deletion of what is in use. */
  readonly mayGo?: (document: Document) => Promise<void>;
  /** Beside `Self`. */
  readonly links?: (self: string) => Readonly<Record<string, string>>;
  /** Members that are computed. */
  readonly computed?: (document: Document) => Members;
  readonly filter?: (query: Query) => (document: Document) => boolean;
  /** After a change. */
  readonly changed?: () => void;
}

/** List, read, create, change and delete one kind of documents, as rest.md 1.7 and 1.6 say. */
export function documentRoutes(app: FastifyInstance, plane: Plane, kind: DocumentKind, habits: Habits = {}): void {
  const at = `/api/${kind.kind}`;
  const rules = documentRules(kind.kind, kind.permissions, kind.scope);
  const room: Room = {
    app,
    plane,
    kind,
    habits,
    at,
    config: (route) => ({ config: { rule: rules[route] ?? ('anyone' as const) } }),
    spaceOf: async (request) => (kind.scope === 'space' ? spaceOfRequest(plane, request.raw) : null),
    base: (spaceId) => (spaceId === null ? at : `/api/${spaceId}/${kind.kind}`),
    wire: (document) => documentWire(kind, habits, document, room.base(document.spaceId)),
  };
  reads(room);
  changes(room);
}

interface Room {
  readonly app: FastifyInstance;
  readonly plane: Plane;
  readonly kind: DocumentKind;
  readonly habits: Habits;
  /** Path without a space. */
  readonly at: string;
  readonly config: (route: string) => { readonly config: { readonly rule: Rule } };
  readonly spaceOf: (request: FastifyRequest) => Promise<string | null>;
  readonly base: (spaceId: string | null) => string;
  readonly wire: (document: Document) => Wire;
}

async function one({ plane, kind, spaceOf }: Room, request: FastifyRequest): Promise<Document> {
  const { id } = request.params as { id: string };
  const all = await plane.documents.list(kind.kind, kind.scope === 'space' ? await spaceOf(request) : undefined);
  const document = all.find((it) => isSame(it.id, id)) ?? all.find((it) => it.slug !== '' && isSame(it.slug, id));
  if (!document) throw notFound(id);
  return document;
}

function reads(room: Room): void {
  const { app, plane, kind, habits, at, config, spaceOf, base, wire } = room;
  const found = async (request: FastifyRequest) => {
    const query = request.query as Query;
    const spaceId = await spaceOf(request);
    const all = await plane.documents.list(kind.kind, kind.scope === 'space' ? spaceId : undefined);
    return all.filter(named(query)).filter(habits.filter?.(query) ?? (() => true));
  };
  app.get(at, config(`GET ${at}`), async (request) => {
    const path = base(await spaceOf(request));
    const page = pageOf({ itemType: kind.itemType, path, query: request.query as Query }, await found(request));
    return envelope({ ...page, items: page.items.map(wire) });
  });
  app.get(`${at}/all`, config(`GET ${at}/all`), async (request) => (await found(request)).map(wire));
  app.get(`${at}/:id`, config(`GET ${at}/:id`), async (request, reply) => {
    const document = await one(room, request);
    return reply.header('etag', etag(document)).send(wire(document));
  });
}

function changes(room: Room): void {
  const { app, plane, kind, habits, at, config, spaceOf, base, wire } = room;
  app.post(at, config(`POST ${at}`), async (request, reply) => {
    const spaceId = await spaceOf(request);
    const { members, secrets, name } = await read(kind, habits, request, { spaceId });
    const document = await plane.documents.add(
      { kind: kind.kind, prefix: kind.prefix, spaceId, name, slug: '', members, secrets },
      audited(plane, request, kind.itemType, 'Created', { wire, secretNames: Object.keys(secrets) }),
    );
    habits.changed?.();
    return created(reply, base(spaceId), document, wire(document));
  });
  app.put(`${at}/:id`, config(`PUT ${at}/:id`), async (request, reply) => {
    const before = await one(room, request);
    checkIfMatch(request, before);
    const at = { spaceId: before.spaceId, before };
    const { members, secrets, name, slug } = await read(kind, habits, request, at);
    const after = await plane.documents.update(
      before,
      { name, slug: slug || before.slug, members, secrets },
      audited(plane, request, kind.itemType, 'Modified', { before, wire, secretNames: Object.keys(secrets) }),
    );
    habits.changed?.();
    return reply.header('etag', etag(after)).send(wire(after));
  });
  app.delete(`${at}/:id`, config(`DELETE ${at}/:id`), async (request) => {
    const document = await one(room, request);
    checkIfMatch(request, document);
    await habits.mayGo?.(document);
    const audit = audited<Document>(plane, request, kind.itemType, 'Deleted', { before: document, wire });
    await plane.documents.remove(document, audit);
    habits.changed?.();
    return {};
  });
}

/** Read-only members are ignored on the way in (rest.md 1.5). */
const READ_ONLY = new Set(['id', 'links', 'spaceid', 'lastmodifiedon', 'lastmodifiedby', 'lastmodifiedbyuserid']);

async function read(
  kind: DocumentKind,
  habits: Habits,
  request: FastifyRequest,
  at: { readonly spaceId: string | null; readonly before?: Document },
) {
  const { body } = request;
  const what = `the ${kind.itemType}`;
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new InputError('OCTO_API_BODY', `${what} is missing: the body is not an object`);
  const spelled = spell(kind.schema, body) as Members; // an object, as it was
  const kept = Object.entries(spelled).filter(([name]) => !READ_ONLY.has(name.toLowerCase()));
  const { Slug, Name, ...rest } = (await parse(kind.schema, Object.fromEntries(kept), what)) as Members;
  const { members, secrets } = splitSecrets(rest, kind.secrets(rest));
  const checked = habits.check ? await habits.check(members, { ...at, request }) : members;
  return { name: String(Name), slug: typeof Slug === 'string' ? Slug : '', members: checked, secrets };
}

export function documentWire(kind: DocumentKind, habits: Habits, document: Document, path: string): Wire {
  const self = `${path}/${document.id}`;
  const { Name, ...members } = kind.schema.parse({ ...document.members, Name: document.name }) as Members; // with defaults that came later
  const secrets = kind
    .secrets(members)
    .map((name) => [name, { HasValue: document.secretNames.includes(name), NewValue: null, Hint: null }]);
  return {
    Id: document.id,
    ...(document.spaceId !== null && { SpaceId: document.spaceId }),
    Name,
    ...(document.slug !== '' && { Slug: document.slug }),
    ...members,
    ...Object.fromEntries(secrets),
    ...habits.computed?.(document),
    LastModifiedOn: iso(document.modifiedAtMs),
    LastModifiedBy: document.modifiedBy,
    Links: { Self: self, ...habits.links?.(self) },
  };
}

/** The page that pageOf makes, with its wire names; items have theirs already. */
export function envelope(page: ReturnType<typeof pageOf>): Wire {
  return {
    ItemType: page.itemType,
    TotalResults: page.totalResults,
    ItemsPerPage: page.itemsPerPage,
    NumberOfPages: page.numberOfPages,
    LastPageNumber: page.lastPageNumber,
    Items: page.items,
    Links: page.links,
  };
}

export function created(reply: FastifyReply, path: string, { id }: { readonly id: string }, body: Wire) {
  return reply.status(201).header('location', `${path}/${id}`).send(body);
}

export function etag({ version }: Pick<Document, 'version'>): string {
  return `"${version}"`;
}
/** Who says what they have read is refused when it was changed meanwhile; who does not say, overwrites. */
function checkIfMatch(request: FastifyRequest, document: Document): void {
  const wanted = request.headers['if-match'];
  if (wanted === undefined || wanted === '*' || wanted === etag(document)) return;
  throw new ConflictError('OCTO_API_PRECONDITION', `${document.id} was changed by ${document.modifiedBy} meanwhile`, {
    hint: 'read it again, and repeat the change',
  });
}

/** A filter of one text, or of a list of them. */
export function memberIs(query: Query, parameter: string, member: string): (document: Document) => boolean {
  const wanted = text(query, parameter)?.toLowerCase().split(',');
  return (document) => wanted === undefined || wanted.includes((textOf(document.members[member]) ?? '').toLowerCase());
}
