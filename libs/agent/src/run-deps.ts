import { type Clock } from '@octo/kernel';
import { type Groups } from './groups.ts';
import { type KillLimits } from './kill-tree.ts';
import { type LogSizes } from './output-log.ts';
import { type Spawner } from './spawner.ts';
import { type IsolationTurns } from './turns.ts';

/** What the runs of a machine share. */
export interface RunDeps {
  readonly spawner: Spawner;
  readonly turns: IsolationTurns;
  readonly groups: Groups | undefined;
  readonly clock: Pick<Clock, 'now'>;
  readonly limits: KillLimits;
  readonly sizes: LogSizes;
}
