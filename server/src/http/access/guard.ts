import { SecurityError } from '@octo/kernel';
import { countsIn, type Grants, grantsOf, may, type PermissionName } from '@octo/plane';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { createHash, timingSafeEqual } from 'node:crypto';
import { hashKey } from '../../keys.ts';
import { type Plane } from '../../plane.ts';
import { isSame } from '../filters.ts';
import { textOf } from '../members.ts';
import { spaceOfRequest } from '../scope.ts';
import { taskOf } from '../task-of.ts';
import { forbidden, LOCAL, notSignedIn, type Principal, principalOf } from './principal.ts';
import { type Rule } from './rules.ts';
import { Sessions } from './sessions.ts';
import { Throttle } from './throttle.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    rule?: Rule;
  }
}

/** Grants are read anew after so long: a change of teams on another node counts then at the latest. */
const GRANTS_MS = 1_000;
export const SESSION_COOKIE = 'OctopusIdentificationToken';
export const CSRF_COOKIE = 'Octopus-Csrf-Token';

export interface Gate {
  readonly sessions: Sessions;
  readonly throttle: Throttle;
  /** What was learnt about users is forgotten: their rights have changed. */
  readonly forget: () => void;
}

/** Every request is somebody's, and every route asks for something: see rules.ts. */
export function guard(app: FastifyInstance, plane: Plane, options: { readonly localKey: string }): Gate {
  const sessions = new Sessions(plane.documents, plane.clock);
  const throttle = new Throttle();
  const known = new Map<string, { readonly untilMs: number; readonly grants: Promise<Grants> }>();
  const grants = (userId: string): Promise<Grants> => {
    const nowMs = plane.clock.now();
    const cached = known.get(userId);
    if (cached && cached.untilMs > nowMs) return cached.grants;
    if (known.size > 1_000) known.clear();
    const fresh = grantsOf(plane.documents, userId);
    known.set(userId, { untilMs: nowMs + GRANTS_MS, grants: fresh });
    fresh.catch(() => known.delete(userId));
    return fresh;
  };
  const local = digest(options.localKey);
  app.decorateRequest('principal');
  app.addHook('onRequest', async (request) => {
    const { rule } = request.routeOptions.config;
    if (rule === 'anonymous' || request.is404) return;
    request.principal = await identify(request, { plane, sessions, throttle, local, grants });
    if (!request.principal) throw notSignedIn();
    await check(plane, request, rule);
  });
  return { sessions, throttle, forget: () => known.clear() };
}

interface Identifying {
  readonly plane: Plane;
  readonly sessions: Sessions;
  readonly throttle: Throttle;
  readonly local: Buffer;
  readonly grants: (userId: string) => Promise<Grants>;
}

/** By API key, else by the cookies of a sign-in. Keys are compared as hashes, in constant time. */
async function identify(request: FastifyRequest, by: Identifying): Promise<Principal | undefined> {
  const key = request.headers['x-octopus-apikey'];
  if (typeof key === 'string' && key !== '') return byKey(request, key, by); // clients without a key send an empty header
  const bearer = /^Bearer\s+(API-\w+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return byKey(request, bearer, by);
  const token = cookie(request, SESSION_COOKIE);
  return token === undefined ? undefined : bySession(request, token, by);
}

async function byKey(request: FastifyRequest, key: string, by: Identifying): Promise<Principal> {
  if (timingSafeEqual(digest(key), by.local)) return LOCAL;
  const nowMs = by.plane.clock.now();
  by.throttle.check(request.ip, nowMs);
  const found = await by.plane.apiKeys.find(hashKey(key));
  const refused = (why: string, hint: string) => {
    by.throttle.failed(request.ip, nowMs);
    return new SecurityError('OCTO_AUTH_KEY', why, { hint });
  };
  if (!found)
    throw refused('The API key you provided was not valid', 'make another one: octo api-key create, on the server');
  if (found.expiresAtMs !== undefined && found.expiresAtMs <= nowMs)
    throw refused(
      `The API key you provided expired at ${new Date(found.expiresAtMs).toISOString()}`,
      'octo api-key create',
    );
  const user = await userOf(found.userId, by);
  if (!user) throw refused('The API key you provided belongs to no active user', 'use the key of another user');
  return { ...user, establishedBy: `API key ${found.hint}` };
}

/** What changes something must bring the other cookie's text along in a header: another site cannot read it. */
async function bySession(request: FastifyRequest, token: string, by: Identifying): Promise<Principal | undefined> {
  const session = await by.sessions.read(token);
  if (!session) return undefined;
  const user = await userOf(session.userId, by);
  if (user?.stamp !== session.stamp) return undefined;
  const isWrite = request.method !== 'GET' && request.method !== 'HEAD';
  if (isWrite && !(await by.sessions.isCsrf(token, request.headers['x-octopus-csrf-token'])))
    throw new SecurityError('OCTO_AUTH_CSRF', 'The request has no valid X-Octopus-Csrf-Token', {
      hint: 'send the text of the cookie Octopus-Csrf-Token in that header, or use an API key',
    });
  return { ...user, establishedBy: 'sign-in' };
}

async function userOf(userId: string, { plane, grants }: Identifying) {
  const user = await plane.documents.get('users', userId);
  if (!user || user.members['IsActive'] === false) return undefined;
  return {
    userId: user.id,
    username: user.name,
    isService: user.members['IsService'] === true,
    stamp: textOf(user.members['Stamp']) ?? '',
    grants: await grants(user.id),
  };
}

async function check(plane: Plane, request: FastifyRequest, rule: Rule | undefined): Promise<void> {
  if (rule === undefined) throw new Error(`${request.method} ${request.routeOptions.url} has no rule`);
  if (rule === 'anyone' || rule === 'anonymous') return;
  const { grants } = principalOf(request);
  if (rule.where === 'somewhere') {
    if (rule.need.some((name) => isSomewhere(grants, name))) return;
    throw forbidden(rule.need, null);
  }
  const spaceId = await spaceAsked(plane, request, rule.where);
  if (!rule.need.some((name) => may(grants, name, spaceId))) throw forbidden(rule.need, spaceId);
}

async function spaceAsked(plane: Plane, request: FastifyRequest, where: 'space' | 'system' | 'task') {
  if (where === 'system') return null;
  if (where === 'space') return spaceOfRequest(plane, request.raw);
  return (await taskOf(plane, request.params)).spaceId;
}

export function isSomewhere(grants: Grants, name: PermissionName): boolean {
  return (
    may(grants, name, null) ||
    [...grants.bySpace.keys()].some((space) => countsIn(name, 'space') && may(grants, name, space))
  );
}

/** By the beginning of its name: Octopus's carry the installation's id behind it. */
export function cookie(request: FastifyRequest, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key = '', ...value] = part.trim().split('=');
    if (isSame(key, name) || key.toLowerCase().startsWith(`${name.toLowerCase()}_`)) return value.join('=');
  }
  return undefined;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
