/** The built-in worker is a property of every node and no record (R11, R19). Rules R12–R17, without I/O. */
export interface BuiltInFacts {
  /** The switch "run steps on the server" (R12). */
  readonly isEnabled: boolean;
  readonly isDefaultPool: boolean;
  readonly poolName: string;
  /** Workers in the pool, fit or not: also a sick one keeps the built-in worker out (R15). */
  readonly workersInPool: number;
}
export type BuiltInVerdict =
  | { readonly serves: true; readonly because: string }
  | { readonly serves: false; readonly because: string; readonly isSwitchedOff: boolean };

export function judgeBuiltIn(facts: BuiltInFacts): BuiltInVerdict {
  if (!facts.isDefaultPool)
    return { serves: false, isSwitchedOff: false, because: `it serves the default pool only, not ${facts.poolName}` };
  if (facts.workersInPool > 0)
    return {
      serves: false,
      isSwitchedOff: false,
      because: `${facts.poolName} holds ${facts.workersInPool} worker${facts.workersInPool === 1 ? '' : 's'}`,
    };
  if (!facts.isEnabled) return { serves: false, isSwitchedOff: true, because: 'it is switched off' };
  return { serves: true, because: `${facts.poolName} holds no worker` };
}

/** Setting that holds the switch. */
export const BUILT_IN_SWITCH = 'builtInWorker.enabled';
/** Style of the endpoint through which a node reaches its own built-in worker. */
export const BUILT_IN_STYLE = 'None';

export function builtInId(nodeId: string): string {
  return `BuiltIn-${nodeId}`;
}
/** The node whose built-in worker this is; undefined: it is none. */
export function nodeOfBuiltIn(workerId: string): string | undefined {
  return /^BuiltIn-(.+)$/.exec(workerId)?.[1];
}
export const BUILT_IN_NAME = 'Built-in worker';
