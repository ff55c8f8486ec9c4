import { parse, SecurityError } from '@octo/kernel';
import { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { spell } from '@octo/api/documents';
import { type Plane } from '../plane.ts';
import { CSRF_COOKIE, type Gate, SESSION_COOKIE } from './access/guard.ts';
import { isPassword } from './access/passwords.ts';
import { isSame } from './filters.ts';
import { textOf } from './members.ts';
import { userWire } from './users.ts';

export const signInSchema = z.looseObject({
  Username: z.string().min(1),
  Password: z.string().min(1),
  RememberMe: z.boolean().nullish(),
  State: z.looseObject({ UsingSecureConnection: z.boolean().nullish() }).nullish(),
});

/** Sign-in by password: two cookies, and the text of one comes back in a header (halibut.md 9.3.4, rest.md 1.3). */
export function signInRoutes(app: FastifyInstance, plane: Plane, gate: Gate): void {
  app.get('/api/authentication', async () => ({
    AuthenticationProviders: [
      {
        Name: 'Octopus',
        IdentityType: 'UsernamePassword',
        FormsLoginEnabled: true,
        Links: { Authenticate: '/api/users/login' },
      },
    ],
    AnyAuthenticationProvidersSupportPasswordManagement: true,
    Links: { Self: '/api/authentication' },
  }));
  app.post('/api/authentication/checklogininitiated', async () => ({ WasExternalLoginInitiated: false }));

  app.post('/api/users/login', async (request, reply) => {
    const wanted = await parse(signInSchema, spell(signInSchema, request.body ?? {}), 'the sign-in');
    const nowMs = plane.clock.now();
    const from = [request.ip, `${request.ip} as ${wanted.Username.toLowerCase()}`];
    for (const it of from) gate.throttle.check(it, nowMs);
    const user = (await plane.documents.list('users')).find((it) => isSame(it.name, wanted.Username));
    const { PasswordHash } = user ? await plane.documents.secretsOf('users', user.id) : {};
    if (!(await isPassword(wanted.Password, PasswordHash)) || !user || user.members['IsActive'] === false) {
      for (const it of from) gate.throttle.failed(it, nowMs);
      throw new SecurityError('OCTO_AUTH_PASSWORD', 'Invalid username or password.', {
        hint: 'octo user edit NAME --password sets another one',
      });
    }
    const stamp = textOf(user.members['Stamp']) ?? '';
    const { token, csrf } = await gate.sessions.issue({ userId: user.id, stamp }, wanted.RememberMe === true);
    const isSecure = request.protocol === 'https' || wanted.State?.UsingSecureConnection === true;
    const more = `Path=/; SameSite=Lax${isSecure ? '; Secure' : ''}${wanted.RememberMe === true ? '; Max-Age=2592000' : ''}`;
    return reply
      .header('set-cookie', [
        `${SESSION_COOKIE}_${plane.installationId}=${token}; ${more}; HttpOnly`,
        `${CSRF_COOKIE}_${plane.installationId}=${csrf}; ${more}`,
      ])
      .send(userWire(user));
  });
  app.post('/api/users/logout', async (_request, reply) => {
    const gone = 'Path=/; Max-Age=0; SameSite=Lax';
    return reply
      .header('set-cookie', [
        `${SESSION_COOKIE}_${plane.installationId}=; ${gone}; HttpOnly`,
        `${CSRF_COOKIE}_${plane.installationId}=; ${gone}`,
      ])
      .send({});
  });
}
