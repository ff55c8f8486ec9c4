import { ConflictError, InputError } from '@octo/kernel';
import { type Liveness } from '@octo/plane';

/** Who is which node, and who of them lives. */
export interface NodeHolds extends Liveness, AsyncDisposable {
  /** Be that node until the process ends or this object is disposed. */
  hold(nodeId: string): Promise<void>;
  /** Remove what a dead node, or this one, leaves behind. The hold of a living one stays. */
  forget(nodeId: string): Promise<void>;
}

export function expectNodeId(nodeId: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,120}$/.test(nodeId))
    throw new InputError('OCTO_STORAGE_NODE_ID', `"${nodeId}" cannot be the id of a node`);
}

export function nodeHeld(nodeId: string, where: 'folder' | 'database'): ConflictError {
  return new ConflictError('OCTO_STORAGE_NODE_HELD', `another process is node ${nodeId} on this ${where}`, {
    hint: `stop that one first, or use another ${where}`,
  });
}
