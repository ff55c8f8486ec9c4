import { type FastifyInstance } from 'fastify';
import { type IncomingMessage } from 'node:http';
import { type Plane } from '../plane.ts';
import { notFound } from './errors.ts';

const spaceOf = new WeakMap<IncomingMessage, string>();
/** Where `/api/Spaces-1` itself is routed. */
export const SPACE_ROOT = '/api/octo/space-root';

/**
 * Before routing: `/api/Spaces-1/x` and `/api/spaces/Spaces-1/x` are `/api/x` in that space (rest.md 1.1), and a POST
 * that says X-HTTP-Method-Override is what it says (rest.md 1.4).
 */
export function rewriteUrl(request: IncomingMessage): string {
  const override = request.headers['x-http-method-override'];
  if (request.method === 'POST' && typeof override === 'string' && /^(PUT|DELETE)$/i.test(override))
    request.method = override.toUpperCase();
  const url = request.url ?? '/';
  const [, space, rest] = /^\/api\/(?:spaces\/)?(spaces-\d+)(\/[^?/].*)$/i.exec(url) ?? [];
  if (space !== undefined && rest !== undefined) {
    spaceOf.set(request, space);
    return `/api${rest}`;
  }
  const [, root] = /^\/api\/(spaces-\d+)\/?(?:\?.*)?$/i.exec(url) ?? [];
  return root === undefined ? url : `${SPACE_ROOT}/${root}`;
}

/** A request for a space that is not there finds nothing. */
export function requireSpace(app: FastifyInstance, plane: Plane): void {
  app.addHook('onRequest', async (request) => {
    const wanted = spaceOf.get(request.raw);
    if (wanted !== undefined) await spaceId(plane, wanted);
  });
}

/** The id as it is spelled; ids are compared without case (rest.md 1.2). Without a wish: the default space. */
export async function spaceId(plane: Plane, wanted?: string): Promise<string> {
  const spaces = await plane.spaces.list();
  const found = spaces.find((s) => (wanted === undefined ? s.isDefault : s.id.toLowerCase() === wanted.toLowerCase()));
  if (!found) throw notFound(wanted ?? 'the default space');
  return found.id;
}
export function spaceInPath(raw: IncomingMessage): string | undefined {
  return spaceOf.get(raw);
}
export function spaceOfRequest(plane: Plane, raw: IncomingMessage): Promise<string> {
  return spaceId(plane, spaceOf.get(raw));
}
