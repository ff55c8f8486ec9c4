import { type JsonSchema } from '@octo/api';
import { type ParameterName } from './parameters.ts';

export const TAGS = [
  'Root',
  'Access',
  'Spaces',
  'Workers',
  'Worker pools',
  'Tasks',
  'Documents',
  'Not in octo',
  'Events',
  'Server',
  'Octo',
] as const;

/** What the document says of one route, beside its path and its rule. */
export interface Operation {
  readonly tag: (typeof TAGS)[number];
  readonly summary: string;
  /** JSON of the answer; absent where the answer is of another media type alone. */
  readonly answer?: JsonSchema;
  /** Media types beside JSON, or instead of it. */
  readonly media?: readonly string[];
  /** Of the answer. Default 200. */
  readonly status?: 200 | 201;
  /** Another status with the same answer. */
  readonly alsoStatus?: { readonly status: number; readonly when: string };
  readonly body?: JsonSchema;
  readonly query?: readonly ParameterName[];
  readonly headers?: readonly ParameterName[];
  /** Where its rule does not tell that it looks at the space of its path. */
  readonly isInSpace?: boolean;
  /** Statuses of errors beside those that follow from the route. */
  readonly errors?: readonly number[];
}

/** By `GET /api/workers`, the route as fastify knows it. */
export type Operations = Readonly<Record<string, Operation>>;
