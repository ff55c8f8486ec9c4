import { wireForm } from '../wire-form.ts';
import { each, bool, int, str, strMap } from '../wire-shape.ts';
import { type Links } from './collection.ts';

/** Source: rest.md 2.4. */
export interface WorkerPoolResource {
  readonly id: string;
  readonly spaceId: string;
  readonly name: string;
  readonly slug: string;
  readonly description: string;
  readonly workerPoolType: string;
  readonly isDefault: boolean;
  readonly sortOrder: number;
  readonly canAddWorkers: boolean;
}
export interface OctopusWorkerPool extends WorkerPoolResource {
  /** `Workers` among them: without it a client cannot show a pool (rest.md 1.10). */
  readonly links: Links;
}
export const workerPoolForm = wireForm<OctopusWorkerPool>({
  ...each(str, 'id', 'spaceId', 'name', 'slug', 'description', 'workerPoolType'),
  ...each(bool, 'isDefault', 'canAddWorkers'),
  sortOrder: int,
  links: strMap,
});
