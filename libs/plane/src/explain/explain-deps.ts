import { type SurveyDeps } from '../leasing/survey.ts';
import { type Limits } from '../limits.ts';
import { type Journal, type Liveness, type Nodes, type Pools } from '../ports.ts';

/** What an explanation is made from; it is only read. */
export interface ExplainDeps extends SurveyDeps {
  readonly journal: Journal;
  readonly pools: Pools;
  readonly nodes: Nodes;
  readonly liveness: Liveness;
  readonly limits: Limits;
}
