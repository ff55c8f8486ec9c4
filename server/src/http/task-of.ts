import { type ServerTask } from '@octo/plane';
import { type Plane } from '../plane.ts';
import { notFound } from './errors.ts';

/** The task that the path names. */
export async function taskOf(plane: Plane, params: unknown): Promise<ServerTask> {
  const { id } = params as { id: string };
  const task = await plane.tasks.get(id);
  if (!task) throw notFound(id);
  return task;
}
