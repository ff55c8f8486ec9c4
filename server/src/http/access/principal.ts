import { SecurityError } from '@octo/kernel';
import { type Actor, ALL_GRANTS, type Grants, may, type PermissionName } from '@octo/plane';
import { type FastifyRequest } from 'fastify';

/** Who asks, and what they may. */
export interface Principal {
  readonly userId: string;
  readonly username: string;
  readonly isService: boolean;
  readonly grants: Grants;
  /** `API key API-ABC…`, `sign-in`, `local key`. */
  readonly establishedBy: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | undefined;
  }
}

/** Whoever can read the data folder, where the local key lies, could change the database itself. */
export const LOCAL: Principal = {
  userId: 'Users-1',
  username: 'admin',
  isService: false,
  grants: ALL_GRANTS,
  establishedBy: 'local key',
};

export function principalOf(request: FastifyRequest): Principal {
  if (request.principal) return request.principal;
  throw notSignedIn();
}

export function notSignedIn(): SecurityError {
  return new SecurityError('OCTO_AUTH_MISSING', 'You must be logged in to perform this action', {
    hint: 'send an API key in the header X-Octopus-ApiKey',
  });
}

export function demand(request: FastifyRequest, permission: PermissionName, spaceId: string | null): void {
  if (may(principalOf(request).grants, permission, spaceId)) return;
  throw forbidden([permission], spaceId);
}
/** In Octopus's words, naming what is missing (rest.md 1.6). */
export function forbidden(permissions: readonly PermissionName[], spaceId: string | null, why = ''): SecurityError {
  const where = `${spaceId === null ? '' : ` in ${spaceId}`}${why === '' ? '' : ` (${why})`}`;
  return new SecurityError(
    'OCTO_AUTH_PERMISSION',
    `You do not have permission to perform this action. Please contact your Octopus administrator. Missing permission: ${permissions.join(' or ')}${where}`,
    {
      hint: 'somebody with TeamEdit can put you into a team with a role that has it: octo team roles, octo team grant, octo user edit NAME --team TEAM',
    },
  );
}

/** For the audit. */
export function actorOf(request: FastifyRequest): Actor {
  const { userId, username, isService, establishedBy } = principalOf(request);
  const userAgent = request.headers['user-agent'] ?? '';
  return { userId, username, isService, establishedBy, userAgent: userAgent.slice(0, 300), ipAddress: request.ip };
}
