import { wireForm } from '../wire-form.ts';
import { each, str, type Shape } from '../wire-shape.ts';

/** A node of the tree of GET /api/octo/tasks/{id}/explain (I1). */
export interface ExplanationResource {
  readonly kind: string;
  /** One sentence; waits are said in the words of the task's log. */
  readonly text: string;
  readonly children: readonly ExplanationResource[];
}

const explanation: Shape<ExplanationResource> = {
  ...each(str, 'kind', 'text'),
  get children(): readonly [Shape<ExplanationResource>] {
    return [explanation]; // a tree: each child is as its parent
  },
};
export const explanationForm = wireForm<ExplanationResource>(explanation);
