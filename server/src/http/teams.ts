import { scopedUserRoleSchema, spell, TEAMS } from '@octo/api/documents';
import { ConflictError, InputError, parse } from '@octo/kernel';
import {
  ADMINISTRATORS,
  type Document,
  EVERYONE,
  type Grants,
  grantsFrom,
  MANAGERS,
  may,
  PERMISSIONS,
  USER_ROLES,
  type UserRole,
  countsIn,
} from '@octo/plane';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Plane } from '../plane.ts';
import { audited } from './access/audited.ts';
import { type Gate } from './access/guard.ts';
import { demand, principalOf } from './access/principal.ts';
import { refuseStronger } from './access/stronger.ts';
import { pageOf, type Query } from './collections.ts';
import { documentRoutes, envelope } from './documents/document-routes.ts';
import { notFound } from './errors.ts';
import { isSame, named } from './filters.ts';
import { spaceId } from './scope.ts';

/** Teams, the built-in roles, who has which role where, and what comes of it (rest.md 2.1, R230, R231). */
export function teamRoutes(app: FastifyInstance, plane: Plane, gate: Gate): void {
  documentRoutes(app, plane, TEAMS, {
    links: (self) => ({ ScopedUserRoles: `${self}/scopeduserroles{?skip,take}` }),
    computed: (team) => ({
      SpaceId: null,
      CanBeDeleted: !isBuiltIn(team),
      CanBeRenamed: !isBuiltIn(team),
      CanChangeMembers: team.id !== EVERYONE,
      CanChangeRoles: team.id !== ADMINISTRATORS,
    }),
    changed: gate.forget,
    check: async (members, { before, request }) => {
      if (before) await refuseStronger(plane, request, await grantsOfTeam(plane, before.id), before.name);
      const users = await plane.documents.list('users');
      const ids = (members['MemberUserIds'] as readonly string[]).map(
        (id) => users.find((it) => isSame(it.id, id))?.id ?? id,
      );
      const unknown = ids.filter((id) => !users.some((user) => user.id === id));
      if (unknown.length > 0)
        throw new InputError('OCTO_TEAM_MEMBER', `there is no user ${unknown.join(', ')}`, { hint: 'octo user list' });
      if (before?.id === ADMINISTRATORS && !ids.includes('Users-1'))
        throw new InputError('OCTO_TEAM_BUILT_IN', 'the first administrator stays in the team of administrators');
      if (before?.id === EVERYONE && ids.length > 0)
        throw new InputError('OCTO_TEAM_BUILT_IN', 'everybody is in that team already');
      return { ...members, MemberUserIds: ids };
    },
    mayGo: async (team) => {
      if (isBuiltIn(team)) throw new ConflictError('OCTO_TEAM_BUILT_IN', `${team.name} cannot be deleted`);
      for (const role of await rolesOf(plane, team.id)) await plane.documents.remove(role, silent(plane, team));
    },
  });
  roleRoutes(app);
  scopedRoleRoutes(app, plane, gate);
}

function isBuiltIn(team: Document): boolean {
  return [EVERYONE, ADMINISTRATORS, MANAGERS].includes(team.id) || team.id.startsWith('teams-spacemanagers-');
}

/** Its roles go with a team; the event of the team tells it. */
function silent(plane: Plane, team: Document) {
  return (role: Document) => ({
    spaceId: role.spaceId,
    category: 'Deleted',
    actor: {
      userId: 'users-system',
      username: 'system',
      isService: true,
      establishedBy: 'the server itself',
      userAgent: 'octo',
      ipAddress: null,
    },
    atMs: plane.clock.now(),
    message: `A role of team ${team.name} went with it`,
    documentType: 'ScopedUserRole',
    documentIds: [role.id, team.id],
    differences: [],
  });
}

function roleRoutes(app: FastifyInstance): void {
  const found = (query: Query) => USER_ROLES.filter(named(query)).map(roleWire);
  app.get('/api/userroles', async (request) => {
    const query = request.query as Query;
    return envelope(pageOf({ itemType: 'UserRole', path: '/api/userroles', query }, found(query)));
  });
  app.get('/api/userroles/all', async (request) => found(request.query as Query));
  app.get('/api/userroles/:id', async (request) => {
    const { id } = request.params as { id: string };
    const role = USER_ROLES.find((it) => isSame(it.id, id));
    if (!role) throw notFound(id);
    return roleWire(role);
  });
}

function roleWire(role: UserRole) {
  const inSpace = role.permissions.filter((name) => countsIn(name, 'space'));
  const ofSystem = role.permissions.filter((name) => countsIn(name, 'system'));
  return {
    Id: role.id,
    Name: role.name,
    Description: role.description,
    CanBeDeleted: false,
    GrantedSpacePermissions: inSpace,
    GrantedSystemPermissions: ofSystem,
    SupportedRestrictions: [],
    SpacePermissionDescriptions: inSpace.map((name) => PERMISSIONS[name].description),
    SystemPermissionDescriptions: ofSystem.map((name) => PERMISSIONS[name].description),
    Links: { Self: `/api/userroles/${role.id}` },
  };
}

/** What being in a team alone would bring. */
async function grantsOfTeam(plane: Plane, teamId: string): Promise<Grants> {
  const roles = await rolesOf(plane, teamId);
  return grantsFrom(roles, [teamId]);
}

async function rolesOf(plane: Plane, teamId: string): Promise<readonly Document[]> {
  return (await plane.documents.list('scopeduserroles')).filter((role) => role.members['TeamId'] === teamId);
}

function scopedRoleRoutes(app: FastifyInstance, plane: Plane, gate: Gate): void {
  const page = (path: string, query: Query, roles: readonly Document[]) =>
    envelope(pageOf({ itemType: 'ScopedUserRole', path, query }, roles.map(scopedWire)));
  app.get('/api/teams/:id/scopeduserroles', async (request) => {
    const { id } = request.params as { id: string };
    const team = await plane.documents.get('teams', id);
    if (!team) throw notFound(id);
    return page(`/api/teams/${team.id}/scopeduserroles`, request.query as Query, await rolesOf(plane, team.id));
  });
  app.get('/api/scopeduserroles', async (request) =>
    page('/api/scopeduserroles', request.query as Query, await plane.documents.list('scopeduserroles')),
  );
  app.get('/api/scopeduserroles/:id', async (request) => scopedWire(await scopedRoleOf(plane, request)));
  scopedRoleChanges(app, plane, gate);
}

async function scopedRoleOf(plane: Plane, request: FastifyRequest): Promise<Document> {
  const { id } = request.params as { id: string };
  const role = await plane.documents.get('scopeduserroles', id);
  if (!role) throw notFound(id);
  return role;
}

function scopedRoleChanges(app: FastifyInstance, plane: Plane, gate: Gate): void {
  app.post('/api/scopeduserroles', async (request, reply) => {
    const wanted = await parse(
      scopedUserRoleSchema,
      spell(scopedUserRoleSchema, request.body ?? {}),
      'the role of the team',
    );
    const team = await plane.documents.get('teams', wanted.TeamId);
    const role = USER_ROLES.find((it) => isSame(it.id, wanted.UserRoleId));
    if (!team) throw new InputError('OCTO_ROLE_TEAM', `there is no team ${wanted.TeamId}`);
    if (!role)
      throw new InputError('OCTO_ROLE_UNKNOWN', `there is no user role ${wanted.UserRoleId}`, {
        hint: `choose one of: ${USER_ROLES.map((it) => it.id).join(', ')}`,
      });
    const at = wanted.SpaceId ? await spaceId(plane, wanted.SpaceId) : null;
    demand(request, 'TeamEdit', at);
    refuseMore(principalOf(request).grants, role, at);
    const { SpaceId: _, Id: __, Links: ___, ...members } = wanted;
    const name = `${team.id} ${role.id} ${at ?? 'system'}`;
    const added = await plane.documents.add(
      {
        kind: 'scopeduserroles',
        prefix: 'ScopedUserRoles',
        spaceId: at,
        name,
        slug: '',
        members: { ...members, TeamId: team.id, UserRoleId: role.id },
      },
      audited(plane, request, 'ScopedUserRole', 'Created', { wire: scopedWire, related: [team.id, role.id] }),
    );
    gate.forget();
    return reply.status(201).header('location', `/api/scopeduserroles/${added.id}`).send(scopedWire(added));
  });
  app.delete('/api/scopeduserroles/:id', async (request) => {
    const role = await scopedRoleOf(plane, request);
    demand(request, 'TeamEdit', role.spaceId);
    if (role.id === 'ScopedUserRoles-1')
      throw new ConflictError('OCTO_TEAM_BUILT_IN', 'the team of administrators keeps its role');
    await plane.documents.remove(
      role,
      audited(plane, request, 'ScopedUserRole', 'Deleted', {
        before: role,
        wire: scopedWire,
        related: [String(role.members['TeamId'])],
      }),
    );
    gate.forget();
    return {};
  });
}

/** Nobody gives more than they have themselves. */
function refuseMore(grants: Grants, role: UserRole, at: string | null): void {
  const counting = role.permissions.filter((name) => countsIn(name, at === null ? 'system' : 'space'));
  const missing = counting.filter((name) => !may(grants, name, at));
  if (missing.length === 0) return;
  throw new InputError('OCTO_ROLE_MORE', `${role.name} may do more than you: ${missing.join(', ')}`, {
    hint: 'ask somebody who has that role',
  });
}

function scopedWire(role: Document): Readonly<Record<string, unknown>> {
  const none = { ProjectIds: [], ProjectGroupIds: [], EnvironmentIds: [], TenantIds: [] };
  return {
    ...none,
    Id: role.id,
    ...role.members,
    SpaceId: role.spaceId,
    Links: { Self: `/api/scopeduserroles/${role.id}` },
  };
}
