import { type Clock, type Ids, type Logger } from '@octo/kernel';
import { type Mask } from '@octo/variables';
import { type LeasingDeps } from '../leasing/lease.ts';
import { type Waits } from '../dispatch/waits.ts';
import { type PlaceFailures } from '../health/quarantine.ts';
import { type Scribe } from '../log/scribe.ts';
import { type Documents, type Events } from '../ports-administration.ts';
import {
  type ArtifactStore,
  type Journal,
  type Pools,
  type Rooms,
  type Runtimes,
  type StepServices,
  type Tasks,
} from '../ports.ts';

/** What a node needs to carry out tasks. */
export interface Workshop extends LeasingDeps {
  /** When this process began: what it cannot have seen was before (R101). */
  readonly sinceMs: number;
  /** Failures of machines, as this node has seen them (I21). */
  readonly places: PlaceFailures;
  readonly tasks: Tasks;
  readonly journal: Journal;
  readonly artifacts: ArtifactStore;
  readonly documents: Documents;
  readonly events: Events;
  readonly pools: Pools;
  readonly rooms: Rooms;
  readonly runtimes: Runtimes;
  readonly logger: Logger;
  readonly ids: Ids;
  readonly clock: Clock;
}

/** The same, for one running task: with the one hand that writes its log, and its mask. */
export interface TaskRoom extends Workshop {
  readonly scribe: Scribe;
  readonly mask: Mask;
  /** Shows what the task waits for. */
  readonly waits: Waits;
  /** Where the services that a step asks for live. */
  readonly services: StepServices;
}
