import {
  countsIn,
  type Document,
  EVERYONE,
  type Grants,
  may,
  PERMISSION_NAMES,
  type PermissionName,
  PERMISSIONS,
} from '@octo/plane';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Plane } from '../plane.ts';
import { list, type Query } from './collections.ts';
import { isSame } from './filters.ts';
import { grantsFor, userAsked } from './users.ts';

/** What permissions there are, and what a user has of them (rest.md 2.1). */
export function permissionRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/permissions/all', async () =>
    Object.fromEntries(
      PERMISSION_NAMES.map((name) => [
        name,
        {
          Description: PERMISSIONS[name].description,
          CanApplyAtSpaceLevel: countsIn(name, 'space'),
          CanApplyAtSystemLevel: countsIn(name, 'system'),
          SupportedRestrictions: [],
        },
      ]),
    ),
  );
  const permissions = async (request: FastifyRequest) => {
    const user = await userAsked(plane, request);
    const grants = await grantsFor(plane, request, user);
    const wanted = list(request.query as Query, 'spaces');
    const spaces = (await plane.spaces.list())
      .map((space) => space.id)
      .filter((id) => !wanted || wanted.includes('all') || wanted.some((it) => isSame(it, id)));
    return {
      Id: user.id,
      SpacePermissions: spacePermissions(grants, spaces),
      SystemPermissions: PERMISSION_NAMES.filter((name) => countsIn(name, 'system') && may(grants, name, null)),
      Teams: (await teamsOf(plane, grants)).map(teamWire),
      IsPermissionsComplete: true,
      IsTeamsComplete: true,
      Links: { Self: `/api/users/${user.id}/permissions` },
    };
  };
  app.get('/api/users/:id/permissions', permissions);
  app.get('/api/users/:id/permissions/configuration', permissions);
  app.get('/api/users/:id/teams', async (request) => {
    const grants = await grantsFor(plane, request, await userAsked(plane, request));
    return (await teamsOf(plane, grants)).map(teamWire);
  });
}

const UNRESTRICTED = {
  RestrictedToProjectIds: [],
  RestrictedToEnvironmentIds: [],
  RestrictedToTenantIds: [],
  RestrictedToProjectGroupIds: [],
};

function spacePermissions(grants: Grants, spaces: readonly string[]) {
  const at = (name: PermissionName) => spaces.filter((id) => countsIn(name, 'space') && may(grants, name, id));
  const held = PERMISSION_NAMES.filter((name) => at(name).length > 0);
  return Object.fromEntries(held.map((name) => [name, at(name).map((SpaceId) => ({ SpaceId, ...UNRESTRICTED }))]));
}

async function teamsOf(plane: Plane, { teamIds }: Grants): Promise<readonly Document[]> {
  return (await plane.documents.list('teams')).filter((team) => teamIds.includes(team.id));
}
function teamWire({ id, name }: Document) {
  return { Id: id, Name: name, SpaceId: null, IsDirectlyAssigned: id !== EVERYONE, ExternalSecurityGroups: [] };
}
