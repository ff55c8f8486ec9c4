import { InputError } from '@octo/kernel';
import { type FastifyInstance } from 'fastify';

/** Deeper than any honest body. */
const DEEPEST = 64;

/** JSON bodies; an empty one is fine with or without a content type, for clients post so (rest.md 1.4). */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, async (_request: unknown, text: string) => {
    if (text.trim() === '') return undefined;
    const body = parseJson(text);
    refuseDepth(body);
    return body;
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InputError('OCTO_API_JSON', `the body is not JSON: ${(cause as Error).message}`, { cause });
  }
}

function refuseDepth(body: unknown): void {
  for (let level: unknown[] = [body], depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) throw new InputError('OCTO_API_DEPTH', `the body is nested deeper than ${DEEPEST} levels`);
    level = level.flatMap((it) => (typeof it === 'object' && it !== null ? Object.values(it) : []));
  }
}
