import { listOf, pagedOf, spaceForm, userForm, type UserResource } from '@octo/api';
import { spell, userSchema } from '@octo/api/documents';
import { ConflictError, InputError, parse } from '@octo/kernel';
import { type Document, grantsOf, spacesOf } from '@octo/plane';
import { randomBytes } from 'node:crypto';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Plane } from '../plane.ts';
import { audited } from './access/audited.ts';
import { type Gate } from './access/guard.ts';
import { hashPassword } from './access/passwords.ts';
import { demand, principalOf } from './access/principal.ts';
import { refuseStronger } from './access/stronger.ts';
import { pageOf, type Query, text } from './collections.ts';
import { notFound } from './errors.ts';
import { isSame, named } from './filters.ts';
import { textOf } from './members.ts';
import { spaceResource } from './spaces.ts';

const [list, page, spaces] = [listOf(userForm), pagedOf(userForm), listOf(spaceForm)];
/** Of the installation's first start; also whoever holds the local key. It cannot go away. */
const FIRST_USER = 'Users-1';

/** Source: rest.md 2.1. Clients ask who they are before anything else. */
export function userRoutes(app: FastifyInstance, plane: Plane, gate: Gate): void {
  const found = async (query: Query) => {
    const filter = text(query, 'filter')?.toLowerCase() ?? '';
    const users = (await plane.documents.list('users')).map(userResource);
    return users
      .filter((user) => named(query)({ id: user.id, name: user.username }))
      .filter((user) => [user.username, user.displayName].some((word) => word.toLowerCase().includes(filter)));
  };
  app.get('/api/users', async (request) => {
    const query = request.query as Query;
    return page.toWire(pageOf({ itemType: 'User', path: '/api/users', query }, await found(query)));
  });
  app.get('/api/users/all', async (request) => list.toWire(await found(request.query as Query)));
  app.get('/api/users/me', async (request) => {
    const { userId } = principalOf(request);
    const me = await plane.documents.get('users', userId);
    if (!me) throw notFound(userId);
    return userWire(me);
  });
  app.get('/api/users/:id', async (request) => userWire(await userAsked(plane, request)));
  app.get('/api/users/:id/spaces', async (request) => {
    const user = await userAsked(plane, request);
    const all = await plane.spaces.list();
    const seen = spacesOf(
      await grantsFor(plane, request, user),
      all.map((space) => space.id),
    );
    return spaces.toWire(all.filter((space) => seen.includes(space.id)).map(spaceResource));
  });
  changes(app, plane, gate);
}

function changes(app: FastifyInstance, plane: Plane, gate: Gate): void {
  app.post('/api/users', async (request, reply) => {
    const { members, secrets, name } = await readUser(request.body);
    const user = await plane.documents.add(
      { kind: 'users', prefix: 'Users', spaceId: null, name, slug: '', members, secrets },
      audited(plane, request, 'User', 'Created', { wire: userWire, secretNames: secretNames(secrets) }),
    );
    return reply.status(201).header('location', `/api/users/${user.id}`).send(userWire(user));
  });
  app.put('/api/users/:id', async (request) => {
    const before = await userAsked(plane, request);
    const { members, secrets, name } = await readUser(request.body, before);
    if (!isSelf(request, before) || isMoreThanSelf(before, { name, members })) {
      demand(request, 'UserEdit', null);
      await refuseStronger(plane, request, await grantsFor(plane, request, before), before.name);
    }
    if (isSame(before.id, FIRST_USER) && members['IsActive'] === false)
      throw new ConflictError('OCTO_USER_FIRST', `${before.name} is the first administrator and stays active`);
    const after = await plane.documents.update(
      before,
      { name, slug: before.slug, members, secrets },
      audited(plane, request, 'User', 'Modified', { before, wire: userWire, secretNames: secretNames(secrets) }),
    );
    gate.forget();
    return userWire(after);
  });
  app.delete('/api/users/:id', async (request) => {
    const user = await userAsked(plane, request);
    if (isSame(user.id, FIRST_USER))
      throw new ConflictError('OCTO_USER_FIRST', `${user.name} is the first administrator and cannot be deleted`);
    await refuseStronger(plane, request, await grantsFor(plane, request, user), user.name);
    for (const key of await plane.apiKeys.list(user.id))
      await plane.apiKeys.remove(key.id, (it) =>
        audited(plane, request, 'ApiKey', 'Deleted', { related: [user.id] })({ id: it.id, name: `"${it.purpose}"` }),
      );
    await plane.documents.remove(user, audited(plane, request, 'User', 'Deleted', { before: user, wire: userWire }));
    gate.forget();
    return {};
  });
}

async function readUser(body: unknown, before?: Document) {
  const wanted = await parse(userSchema, spell(userSchema, body ?? {}), 'the user');
  const { Username, Password, Id: _, Links: __, Identities: ___, ...rest } = wanted;
  if (wanted.IsService && Password)
    throw new InputError('OCTO_USER_SERVICE', 'a service account signs in with API keys, not with a password');
  const stamp = Password ? randomBytes(12).toString('base64url') : before?.members['Stamp'];
  const members = {
    ...rest,
    DisplayName: wanted.DisplayName || Username,
    ...(stamp !== undefined && { Stamp: stamp }),
  };
  const secrets = Password ? { PasswordHash: await hashPassword(Password) } : {};
  return { name: Username, members, secrets };
}
const secretNames = (secrets: object) => Object.keys(secrets).map(() => 'Password');

/** One's own, or with UserView. */
export async function userAsked(plane: Plane, request: FastifyRequest): Promise<Document> {
  const { id } = request.params as { id: string };
  const wanted = isSame(id, 'me') ? principalOf(request).userId : id;
  const user = await plane.documents.get('users', wanted);
  if (!user || !isSelf(request, user)) demand(request, 'UserView', null);
  if (!user) throw notFound(id);
  return user;
}
export function isSelf(request: FastifyRequest, user: Document): boolean {
  return isSame(principalOf(request).userId, user.id);
}
export async function grantsFor(plane: Plane, request: FastifyRequest, user: Document) {
  return isSelf(request, user) ? principalOf(request).grants : grantsOf(plane.documents, user.id);
}

/** What one may not change about oneself. */
function isMoreThanSelf(before: Document, after: Pick<Document, 'name' | 'members'>): boolean {
  if (before.name !== after.name) return true;
  return ['IsActive', 'IsService'].some((name) => (before.members[name] ?? null) !== (after.members[name] ?? null));
}

export function userWire(user: Document): Readonly<Record<string, unknown>> {
  return userForm.toWire(userResource(user)) as Readonly<Record<string, unknown>>; // an object for an object
}

function userResource(user: Document): UserResource {
  const self = `/api/users/${user.id}`;
  const isService = user.members['IsService'] === true;
  return {
    id: user.id,
    username: user.name,
    displayName: textOf(user.members['DisplayName']) ?? user.name,
    isActive: user.members['IsActive'] !== false,
    isService,
    emailAddress: typeof user.members['EmailAddress'] === 'string' ? user.members['EmailAddress'] : null,
    canPasswordBeEdited: !isService,
    isRequestor: true,
    identities: [],
    links: {
      Self: self,
      Permissions: `${self}/permissions`,
      PermissionsConfiguration: `${self}/permissions/configuration`,
      ApiKeys: `${self}/apikeys{/id}{?skip,take}`,
      Teams: `${self}/teams`,
      Spaces: `${self}/spaces`,
    },
  };
}
