import { type Document } from '../model/document.ts';
import { type Documents } from '../ports-administration.ts';
import { countsIn, type PermissionName, USER_ROLES } from './permissions.ts';

/** What one user may do. */
export interface Grants {
  /** Ids of the teams that the user is in, `teams-everyone` too. */
  readonly teamIds: readonly string[];
  /** For the whole installation. */
  readonly system: ReadonlySet<PermissionName>;
  /** By space id. */
  readonly bySpace: ReadonlyMap<string, ReadonlySet<PermissionName>>;
  /** Holds in every space, also in those that are yet to come: who administers the system. */
  readonly isEverywhere: boolean;
}

export const EVERYONE = 'teams-everyone';
export const ADMINISTRATORS = 'teams-administrators';
export const MANAGERS = 'teams-managers';

/** Of whoever holds the local key: it lies in the data folder, which is worth more. */
export const ALL_GRANTS: Grants = {
  teamIds: [EVERYONE, ADMINISTRATORS],
  system: new Set(USER_ROLES[0]?.permissions),
  bySpace: new Map(),
  isEverywhere: true,
};

/** A permission of the system counts nowhere else; one of a space in that space; one of both also as either. */
export function may(grants: Grants, permission: PermissionName, spaceId: string | null): boolean {
  if (grants.isEverywhere) return true;
  if (grants.system.has(permission)) return true;
  if (spaceId === null) return false;
  return countsIn(permission, 'space') && grants.bySpace.get(spaceId)?.has(permission) === true;
}

/** In how many spaces, and for whom nothing else says so: whoever may see anything of a space may see the space. */
export function spacesOf(grants: Grants, all: readonly string[]): readonly string[] {
  if (grants.isEverywhere || grants.system.has('SpaceView')) return all;
  return all.filter((id) => (grants.bySpace.get(id)?.size ?? 0) > 0);
}

/** Read from teams and scoped user roles. */
export async function grantsOf(documents: Documents, userId: string): Promise<Grants> {
  const teams = (await documents.list('teams')).filter((team) => team.id === EVERYONE || isMember(team, userId));
  return grantsFrom(
    await documents.list('scopeduserroles'),
    teams.map((team) => team.id),
  );
}

/** What these roles give to whoever is in these teams. */
export function grantsFrom(roles: readonly Document[], teamIds: readonly string[]): Grants {
  const system = new Set<PermissionName>();
  const bySpace = new Map<string, Set<PermissionName>>();
  let isEverywhere = false;
  for (const { members, spaceId } of roles) {
    if (!teamIds.includes(String(members['TeamId']))) continue;
    const role = USER_ROLES.find((it) => it.id === members['UserRoleId']);
    if (!role) continue;
    if (spaceId === null) {
      for (const name of role.permissions) if (countsIn(name, 'system')) system.add(name);
      isEverywhere ||= role.permissions.includes('AdministerSystem');
      continue;
    }
    const own = bySpace.get(spaceId) ?? new Set();
    bySpace.set(spaceId, own);
    for (const name of role.permissions) if (countsIn(name, 'space')) own.add(name);
  }
  return { teamIds, system, bySpace, isEverywhere };
}

function isMember(team: Document, userId: string): boolean {
  const ids = team.members['MemberUserIds'];
  return Array.isArray(ids) && ids.some((id) => String(id).toLowerCase() === userId.toLowerCase());
}
