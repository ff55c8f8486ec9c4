import { NotFoundError, OctoError } from '@octo/kernel';
import { type OctoApi } from './client.ts';
import { fromErrorBody } from './error-body.ts';
import { type Request } from './send.ts';

/** What users, teams, keys, spaces and events look like on the wire (rest.md 2.1, 2.12). Only what the CLI reads. */
export interface WireUser {
  readonly Id: string;
  readonly Username: string;
  readonly DisplayName: string;
  readonly EmailAddress: string | null;
  readonly IsActive: boolean;
  readonly IsService: boolean;
}
export interface WireTeam {
  readonly Id: string;
  readonly Name: string;
  readonly Description: string | null;
  readonly MemberUserIds: readonly string[];
}
export interface WireRole {
  readonly Id: string;
  readonly Name: string;
  readonly Description: string;
}
export interface WireScopedRole {
  readonly Id: string;
  readonly TeamId: string;
  readonly UserRoleId: string;
  readonly SpaceId: string | null;
}
export interface WireKey {
  readonly Id: string;
  readonly UserId: string;
  readonly Purpose: string;
  readonly Created: string | null;
  readonly Expires: string | null;
  /** The key itself is in the answer that makes it, and only there. */
  readonly ApiKey: string | { readonly Hint: string | null };
}
export interface WireSpace {
  readonly Id: string;
  readonly Name: string;
  readonly Slug: string;
  readonly Description: string;
  readonly IsDefault: boolean;
  readonly TaskQueueStopped: boolean;
  readonly SpaceManagersTeams: readonly string[];
  readonly SpaceManagersTeamMembers: readonly string[];
}
export interface WireDifference {
  readonly Path: string;
  readonly Before: unknown;
  readonly After: unknown;
}
export interface WireEvent {
  readonly Id: string;
  readonly SpaceId: string | null;
  readonly Category: string;
  readonly Username: string;
  readonly IdentityEstablishedWith: string;
  readonly UserAgent: string;
  readonly IpAddress: string | null;
  readonly Occurred: string;
  readonly Message: string;
  readonly RelatedDocumentIds: readonly string[];
  readonly ChangeDetails: { readonly Differences: readonly WireDifference[] };
}
export interface WirePage<T> {
  readonly Items: readonly T[];
  readonly TotalResults: number;
}

/** The parsed answer; an error of the server is thrown. `T` is what this route answers with, by its contract. */
export async function ask<T>(api: OctoApi, request: Request, signal: AbortSignal): Promise<T> {
  const { status, text } = await api.raw(request, signal);
  const body = parsed(text);
  if (status >= 300) throw fromErrorBody(status, body);
  if (body !== undefined) return body as T; // the server made it by the same contract
  throw new OctoError('OCTO_API_ANSWER', `the answer to ${request.method} ${request.path} is not JSON`, {
    hint: 'check OCTO_URL: is it the address of an octo server?',
  });
}
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function get<T>(api: OctoApi, path: string, signal: AbortSignal): Promise<T> {
  return ask<T>(api, { method: 'GET', path }, signal);
}

/** Every item of a collection that is read in pages. `path` may have a query already. */
export async function everyItem<T>(api: OctoApi, path: string, signal: AbortSignal): Promise<readonly T[]> {
  const items: T[] = [];
  const glue = path.includes('?') ? '&' : '?';
  for (;;) {
    const page = await get<WirePage<T>>(api, `${path}${glue}skip=${items.length}&take=500`, signal);
    items.push(...page.Items);
    if (items.length >= page.TotalResults || page.Items.length === 0) return items;
  }
}

/** One of a list, by any of its words, without case; otherwise an error that names the others. */
export function pickBy<T>(
  all: readonly T[],
  wanted: string,
  by: { readonly words: (it: T) => readonly string[]; readonly what: string; readonly list: string },
): T {
  const found = all.filter((it) => by.words(it).some((word) => word.toLowerCase() === wanted.toLowerCase()));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const names = all.map((it) => by.words(it)[1] ?? by.words(it)[0]).slice(0, 12);
  throw new NotFoundError(
    'OCTO_API_NOT_FOUND',
    first === undefined ? `there is no ${by.what} "${wanted}"` : `"${wanted}" is more than one ${by.what}: take its id`,
    { hint: names.length === 0 ? by.list : `${by.list}; there are: ${names.join(', ')}` },
  );
}

export async function findUser(api: OctoApi, wanted: string, signal: AbortSignal): Promise<WireUser> {
  if (wanted.toLowerCase() === 'me') return get(api, '/api/users/me', signal);
  const me = await get<WireUser>(api, '/api/users/me', signal); // one sees oneself without UserView
  const words = (it: WireUser) => [it.Id, it.Username];
  if (words(me).some((word) => word.toLowerCase() === wanted.toLowerCase())) return me;
  return pickBy(await get<readonly WireUser[]>(api, '/api/users/all', signal), wanted, {
    words,
    what: 'user',
    list: 'octo user list',
  });
}
export async function findTeam(api: OctoApi, wanted: string, signal: AbortSignal): Promise<WireTeam> {
  const all = await get<readonly WireTeam[]>(api, '/api/teams/all', signal);
  return pickBy(all, wanted, { words: (it) => [it.Id, it.Name], what: 'team', list: 'octo team list' });
}
export async function findSpace(api: OctoApi, wanted: string, signal: AbortSignal): Promise<WireSpace> {
  const all = await get<readonly WireSpace[]>(api, '/api/spaces/all', signal);
  return pickBy(all, wanted, { words: (it) => [it.Id, it.Name, it.Slug], what: 'space', list: 'octo space list' });
}
export async function findRole(api: OctoApi, wanted: string, signal: AbortSignal): Promise<WireRole> {
  const all = await get<readonly WireRole[]>(api, '/api/userroles/all', signal);
  return pickBy(all, wanted, {
    words: (it) => [it.Id, it.Name, it.Id.replace(/^userroles-/, ''), it.Name.replaceAll(' ', '-')],
    what: 'user role',
    list: 'octo team roles',
  });
}
