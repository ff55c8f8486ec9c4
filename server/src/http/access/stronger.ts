import { type Grants, may, type PermissionName } from '@octo/plane';
import { type FastifyRequest } from 'fastify';
import { type Plane } from '../../plane.ts';
import { forbidden, principalOf } from './principal.ts';

/**
 * Whoever may change users and teams may not thereby become more than they are: a user or team that may do something
 * which the asker may not is changed only by its equals.
 */
export async function refuseStronger(
  plane: Plane,
  request: FastifyRequest,
  target: Grants,
  name: string,
): Promise<void> {
  const { grants } = principalOf(request);
  if (grants.isEverywhere) return;
  const spaces = (await plane.spaces.list()).map((space) => space.id);
  const more = (names: Iterable<PermissionName>, at: string | null) => [...names].find((it) => !may(grants, it, at));
  const system = target.isEverywhere ? 'AdministerSystem' : more(target.system, null);
  if (system) throw forbidden([system], null, `${name} has it`);
  for (const id of spaces) {
    const missing = more(target.bySpace.get(id) ?? [], id);
    if (missing) throw forbidden([missing], id, `${name} has it`);
  }
}
