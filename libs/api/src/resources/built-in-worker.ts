import { type StrayResource, strayShape } from './stray.ts';
import { wireForm } from '../wire-form.ts';
import { each, bool, int, oneOf, str } from '../wire-shape.ts';

/** The built-in worker of one node; no row of /workers, for official clients delete what they list. */
export interface BuiltInWorkerResource {
  readonly id: string;
  readonly name: string;
  readonly nodeId: string;
  readonly nodeKind: 'server' | 'in-process';
  readonly isEnabled: boolean;
  /** Whether it would be used now, and why (R14–R16). */
  readonly isUsed: boolean;
  readonly because: string;
  readonly activeLeases: number;
  /** What may still run there though its task is over. */
  readonly strays: readonly StrayResource[];
}
export const builtInWorkerForm = wireForm<BuiltInWorkerResource>({
  ...each(str, 'id', 'name', 'nodeId', 'because'),
  nodeKind: oneOf('server', 'in-process'),
  ...each(bool, 'isEnabled', 'isUsed'),
  activeLeases: int,
  strays: strayShape,
});
