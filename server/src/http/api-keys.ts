import { spell } from '@octo/api/documents';
import { InputError, NotFoundError, parse } from '@octo/kernel';
import { type ApiKey } from '@octo/plane';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { hashKey, makeKey } from '../keys.ts';
import { type Plane } from '../plane.ts';
import { audited } from './access/audited.ts';
import { demand } from './access/principal.ts';
import { refuseStronger } from './access/stronger.ts';
import { pageOf, type Query } from './collections.ts';
import { envelope } from './documents/document-routes.ts';
import { isSame } from './filters.ts';
import { iso } from './instants.ts';
import { grantsFor, isSelf, userAsked } from './users.ts';

export const apiKeySchema = z.looseObject({
  Purpose: z.string().trim().min(1).max(200),
  Expires: z.iso.datetime({ offset: true }).nullish(),
});

/** Keys of a user: one's own, or with UserEdit. The key itself is in the answer that makes it, and nowhere else (R233). */
export function apiKeyRoutes(app: FastifyInstance, plane: Plane): void {
  const owner = async (request: FastifyRequest) => {
    const user = await userAsked(plane, request);
    if (isSelf(request, user)) return user;
    demand(request, 'UserEdit', null);
    await refuseStronger(plane, request, await grantsFor(plane, request, user), user.name);
    return user;
  };
  app.get('/api/users/:id/apikeys', async (request) => {
    const user = await owner(request);
    const keys = (await plane.apiKeys.list(user.id)).map(keyWire);
    const asked = { itemType: 'ApiKey', path: `/api/users/${user.id}/apikeys`, query: request.query as Query };
    return envelope(pageOf(asked, keys));
  });
  app.get('/api/users/:id/apikeys/:keyId', async (request) =>
    keyWire(await keyOf(plane, request, (await owner(request)).id)),
  );
  app.post('/api/users/:id/apikeys', async (request, reply) => {
    const user = await owner(request);
    const { Purpose, Expires } = await parse(apiKeySchema, spell(apiKeySchema, request.body ?? {}), 'the API key');
    const expiresAtMs = Expires == null ? undefined : Date.parse(Expires);
    const nowMs = plane.clock.now();
    if (expiresAtMs !== undefined && expiresAtMs <= nowMs)
      throw new InputError('OCTO_API_KEY_EXPIRES', `Expires lies in the past: ${String(Expires)}`);
    const key = makeKey();
    const made = await plane.apiKeys.add(
      {
        userId: user.id,
        purpose: Purpose,
        hash: hashKey(key),
        hint: `${key.slice(0, 7)}…`,
        createdAtMs: nowMs,
        ...(expiresAtMs !== undefined && { expiresAtMs }),
      },
      (it) =>
        audited<ReturnType<typeof nameOf>>(plane, request, 'ApiKey', 'Created', { related: [user.id] })(nameOf(it)),
    );
    const wire = { ...keyWire(made), ApiKey: key };
    return reply.status(201).header('location', wire.Links.Self).send(wire);
  });
  app.delete('/api/users/:id/apikeys/:keyId', async (request) => {
    const user = await owner(request);
    const key = await keyOf(plane, request, user.id);
    await plane.apiKeys.remove(key.id, (it) =>
      audited<ReturnType<typeof nameOf>>(plane, request, 'ApiKey', 'Deleted', { related: [user.id] })(nameOf(it)),
    );
    return {};
  });
}

async function keyOf(plane: Plane, request: FastifyRequest, userId: string): Promise<ApiKey> {
  const { keyId } = request.params as { keyId: string };
  const key = (await plane.apiKeys.list(userId)).find((it) => isSame(it.id, keyId));
  if (key) return key;
  throw new NotFoundError('OCTO_API_NOT_FOUND', `The resource '${keyId}' was not found.`, {
    hint: 'octo api-key list',
  });
}
const nameOf = (key: ApiKey) => ({ id: key.id, name: `"${key.purpose}"` });

function keyWire(key: ApiKey) {
  return {
    Id: key.id,
    UserId: key.userId,
    Purpose: key.purpose,
    Created: iso(key.createdAtMs),
    Expires: iso(key.expiresAtMs),
    ApiKey: { HasValue: true, NewValue: null, Hint: key.hint } as unknown,
    Links: { Self: `/api/users/${key.userId}/apikeys/${key.id}` },
  };
}
