import { type OctoApi, type WireScopedRole, type WireSpace, type WireTeam, type WireUser } from '@octo/api';
import { InputError } from '@octo/kernel';
import { ask } from './ask.ts';

export function statusOfUser({ IsActive, IsService }: WireUser): string {
  return `${IsService ? 'service' : 'person'}${IsActive ? '' : ', disabled'}`;
}
export function segment(text: string): string {
  return encodeURIComponent(text);
}

/** What cannot be undone: asked on a terminal, elsewhere `--yes` says it. */
export async function confirmed(what: string, yes: boolean): Promise<void> {
  if (yes || (await ask.confirm(what, { flag: '--yes' }))) return;
  throw new InputError('OCTO_CLI_NOT_CONFIRMED', 'not confirmed; nothing was done', { hint: 'say yes, or --yes' });
}

/** Put a user into teams, and out of others. */
export async function changeTeams(
  api: OctoApi,
  user: WireUser,
  { add, remove }: { readonly add: readonly string[]; readonly remove: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  const { findTeam } = await import('@octo/api');
  const isHere = (ids: readonly string[]) => ids.some((id) => id.toLowerCase() === user.Id.toLowerCase());
  const [into, outOf] = await Promise.all(
    [add, remove].map((names) => Promise.all(names.map((name) => findTeam(api, name, signal)))),
  );
  // one after the other: each change is an event of its own, and the same team may stand in both
  for (const team of into ?? [])
    if (!isHere(team.MemberUserIds)) await saveMembers(api, team, [...team.MemberUserIds, user.Id], signal);
  for (const team of outOf ?? []) {
    const others = team.MemberUserIds.filter((id) => !isHere([id]));
    if (others.length < team.MemberUserIds.length) await saveMembers(api, team, others, signal);
  }
}
async function saveMembers(api: OctoApi, team: WireTeam, ids: readonly string[], signal: AbortSignal): Promise<void> {
  const { ask: call } = await import('@octo/api');
  const body = { ...team, MemberUserIds: ids };
  await call(api, { method: 'PUT', path: `/api/teams/${segment(team.Id)}`, body }, signal);
}

/** Ids of users and teams by their names, for tables. Who may not see all of them sees ids. */
export async function namesOf(api: OctoApi, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const { get } = await import('@octo/api');
  const [users, teams, spaces] = await Promise.all([
    get<readonly WireUser[]>(api, '/api/users/all', signal).catch(() => []),
    get<readonly WireTeam[]>(api, '/api/teams/all', signal).catch(() => []),
    get<readonly WireSpace[]>(api, '/api/spaces/all', signal).catch(() => []),
  ]);
  return new Map([
    ...users.map((it) => [it.Id, it.Username] as const),
    ...teams.map((it) => [it.Id, it.Name] as const),
    ...spaces.map((it) => [it.Id, it.Name] as const),
  ]);
}

export async function rolesOf(api: OctoApi, teamId: string, signal: AbortSignal): Promise<readonly WireScopedRole[]> {
  const { everyItem } = await import('@octo/api');
  return everyItem<WireScopedRole>(api, `/api/teams/${segment(teamId)}/scopeduserroles`, signal);
}
/** `Environment Viewer in Default`, `System Administrator everywhere`. */
export function roleText({ UserRoleId, SpaceId }: WireScopedRole, names: ReadonlyMap<string, string>): string {
  return SpaceId === null ? `${UserRoleId} (system)` : `${UserRoleId} in ${names.get(SpaceId) ?? SpaceId}`;
}
