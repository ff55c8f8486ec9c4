import { type Audit, differences, type NewEvent } from '@octo/plane';
import { type FastifyRequest } from 'fastify';
import { type Plane } from '../../plane.ts';
import { actorOf } from './principal.ts';

interface Audited {
  readonly id: string;
  readonly name: string;
  readonly spaceId?: string | null;
}

/** "Worker web-7 was created", by whoever asks, with what has changed. Resources have their wire names. */
export function audited<T extends Audited>(
  plane: Plane,
  request: FastifyRequest,
  documentType: string,
  category: 'Created' | 'Modified' | 'Deleted',
  change: {
    readonly before?: T;
    readonly wire?: (it: T) => Readonly<Record<string, unknown>>;
    /** Secrets that a change brings: the audit says that they have changed, and nothing else. */
    readonly secretNames?: readonly string[];
    readonly related?: readonly string[];
  } = {},
): Audit<T> {
  return (made) => {
    const { before, wire = () => ({}), secretNames = [], related = [] } = change;
    const after = category === 'Deleted' ? {} : wire(made);
    const was = category === 'Created' ? {} : wire(before ?? made);
    const secrets = secretNames.map((member) => ({ member, before: null, after: 'changed' }));
    return {
      spaceId: made.spaceId ?? null,
      category,
      actor: actorOf(request),
      atMs: plane.clock.now(),
      message: `${documentType} ${made.name} was ${category.toLowerCase()}`,
      documentType,
      documentIds: [made.id, ...related],
      differences: [...differences(was, after), ...secrets].filter(({ member }) => !IGNORED.has(member)),
    };
  };
}
const IGNORED: ReadonlySet<string> = new Set(['Links', 'LastModifiedOn', 'LastModifiedBy']);

/** For what is no change of a kept document. */
export function noted(
  plane: Plane,
  request: FastifyRequest,
  event: Pick<NewEvent, 'category' | 'message' | 'documentType' | 'documentIds' | 'spaceId'> & Partial<NewEvent>,
): NewEvent {
  return { differences: [], ...event, actor: actorOf(request), atMs: plane.clock.now() };
}
