import { SecurityError } from '@octo/kernel';
import { type FastifyInstance } from 'fastify';
import { createHash, timingSafeEqual } from 'node:crypto';
import { hashKey } from '../keys.ts';
import { type Plane } from '../plane.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers without credentials (rest.md 1.3). */
    anonymous?: boolean;
  }
}

/** Every route needs an API key unless it says that it does not. Keys are compared as hashes, in constant time. */
export function guard(app: FastifyInstance, plane: Plane, options: { readonly localKey: string }): void {
  const local = digest(options.localKey);
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.anonymous || request.is404) return;
    const key = request.headers['x-octopus-apikey'];
    if (typeof key !== 'string' || key === '')
      // clients without a key send an empty header
      throw new SecurityError('OCTO_AUTH_MISSING', 'You must be logged in to perform this action', {
        hint: 'send an API key in the header X-Octopus-ApiKey',
      });
    if (timingSafeEqual(digest(key), local)) return;
    if (await plane.apiKeys.find(hashKey(key))) return;
    throw new SecurityError('OCTO_AUTH_KEY', 'The API key you provided was not valid', {
      hint: 'the key is printed once, at the first start of a server on its data folder',
    });
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
