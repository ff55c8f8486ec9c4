import { asIs, type Shape, type WireForm, wireForm } from '../wire-form.ts';

/** A node of the tree of GET /api/octo/tasks/{id}/explain (I1). */
export interface ExplanationResource {
  readonly kind: string;
  /** One sentence; waits are said in the words of the task's log. */
  readonly text: string;
  readonly children: readonly ExplanationResource[];
}

const shape: Record<string, unknown> = asIs('kind', 'text');
const whole = { ...shape, children: [] as unknown[] };
whole.children.push(whole); // a tree: each child is as its parent
export const explanationForm: WireForm<ExplanationResource> = wireForm(whole as unknown as Shape<ExplanationResource>); // recursive, which no literal can be
