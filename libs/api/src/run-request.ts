import { parse } from '@octo/kernel';
import { runRequestForm, type RunRequest } from './resources/run.ts';
import { listOf, wireForm } from './wire-form.ts';
import { each, list, str, strMap } from './wire-shape.ts';

/** Check the body of POST /api/octo/runs, names in any case. */
export async function parseRunRequest(body: unknown): Promise<RunRequest> {
  const { runSchema } = await import('./run-schema.ts'); // a client that only asks never loads the validator
  return (await parse(runSchema, runRequestForm.bind(body), 'the run request')) as RunRequest; // optional is absent here, never undefined
}

/** Octopus process files say ActionType where we say type. */
const fileForm = listOf(
  wireForm<object>({
    ...each(str, 'name', 'type', 'actionType', 'pool'),
    properties: strMap,
    files: list(each(str, 'name', 'contentBase64')),
  }),
);

/** A process file: a list of actions, in our spelling or in Octopus's (`Name`, `ActionType`, `Properties`). */
export async function parseProcess(content: unknown, what: string): Promise<RunRequest['actions']> {
  const { actionSchema } = await import('./run-schema.ts');
  const bound = fileForm.bind(Array.isArray(content) ? content : [content]) as readonly unknown[]; // a list stays one
  const typed = bound.map((it) => {
    if (typeof it !== 'object' || it === null || !('actionType' in it)) return it;
    const { actionType, ...rest } = it;
    return { type: actionType, ...rest };
  });
  return (await parse(actionSchema.array().min(1), typed, what)) as RunRequest['actions'];
}
