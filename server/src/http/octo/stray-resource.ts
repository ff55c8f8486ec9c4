import { type StrayResource } from '@octo/api';
import { type Stray } from '@octo/plane';
import { iso } from '../instants.ts';

export function strayResource({ taskId, ticket, sinceMs, why, isExclusive }: Stray): StrayResource {
  return { taskId, ticket, since: iso(sinceMs), why, isExclusive };
}
