import { parse } from '@octo/kernel';
import { z } from 'zod';
import { type RunRequest } from './resources.ts';
import { bindNames } from './wire.ts';

const seconds = z.number().positive().max(10_000_000);
const action = z.object({
  name: z.string().min(1),
  type: z.string().min(1),
  properties: z.record(z.string(), z.string()).default({}),
  pool: z.string().optional(),
});
const schema = z.object({
  description: z.string().max(1000).optional(),
  actions: z.array(action).min(1).max(1000),
  variables: z
    .array(z.object({ name: z.string().min(1), value: z.string(), sensitive: z.boolean().optional() }))
    .max(20_000)
    .optional(),
  pool: z.string().optional(),
  timeoutSeconds: seconds.optional(),
  queueTimeoutSeconds: seconds.optional(),
});
/** Octopus process files say ActionType where we say type. */
const NAMES = [...Object.keys(schema.shape), ...Object.keys(action.shape), 'value', 'sensitive'];

/** Check the body of POST /api/octo/runs, names in any case. */
export async function parseRunRequest(body: unknown): Promise<RunRequest> {
  return (await parse(schema, bindNames(body, NAMES), 'the run request')) as RunRequest; // exactOptional: absent, never undefined
}

/** A process file: a list of actions, in our spelling or in Octopus's (`Name`, `ActionType`, `Properties`). */
export async function parseProcess(content: unknown, what: string): Promise<RunRequest['actions']> {
  const list = Array.isArray(content) ? content : [content];
  const bound = bindNames(list, [...NAMES, 'actionType']) as unknown[];
  const typed = bound.map((it) => {
    if (typeof it !== 'object' || it === null || !('actionType' in it)) return it;
    const { actionType, ...rest } = it;
    return { type: actionType, ...rest };
  });
  return (await parse(z.array(action).min(1), typed, what)) as RunRequest['actions'];
}
