import { type PoolScheduler } from './scheduler.ts';
import { type StepType } from './step.ts';
import { type Provider } from './token.ts';
import { type TransportType } from './transport.ts';

/** Raised only when a plugin that compiled yesterday would misbehave today. Additions do not raise it. */
export const CONTRACT = 1;

export interface Plugin {
  /** Same as the package's name. */
  readonly name: string;
  readonly contract: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- P is existential: only the step's own schema makes it
  readonly steps?: readonly StepType<any, any>[];
  readonly transports?: readonly TransportType[];
  readonly schedulers?: readonly PoolScheduler[];
  readonly services?: readonly Provider[];
}

export function definePlugin(plugin: Plugin): Plugin {
  return Object.freeze(plugin);
}
