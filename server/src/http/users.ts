import { listOf, spaceForm, userForm, type UserResource } from '@octo/api';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { notFound } from './errors.ts';
import { isSame } from './filters.ts';
import { spaceResource } from './spaces.ts';

/** Whoever holds an API key, until there are users. */
const HOLDER: UserResource = {
  id: 'Users-1',
  username: 'octo',
  displayName: 'Holder of an API key',
  isActive: true,
  isService: false,
  emailAddress: null,
  canPasswordBeEdited: false,
  isRequestor: true,
  identities: [],
  links: { Self: '/api/users/Users-1', Spaces: '/api/users/Users-1/spaces' },
};
const spaces = listOf(spaceForm);

/** Source: rest.md 2.1. Clients ask who they are before anything else. */
export function userRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/users/me', async () => userForm.toWire(HOLDER));
  app.get('/api/users/:id', async (request) => userForm.toWire(userOf(request.params)));
  app.get('/api/users/:id/spaces', async (request) => {
    userOf(request.params);
    return spaces.toWire((await plane.spaces.list()).map(spaceResource));
  });
}

function userOf(params: unknown): UserResource {
  const { id } = params as { id: string };
  if (!isSame(id, HOLDER.id)) throw notFound(id);
  return HOLDER;
}
