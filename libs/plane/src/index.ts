// The domain: tasks, workers, pools, leases, and how a step runs on a worker. Pure rules are in model/.
// Nothing here knows a database, HTTP or a wire: ports.ts says what is needed from outside.
// Read queue/ (how a task is taken), planning/, leasing/, dispatch/ in that order: it is the way of a task.
export * from './access/grants.ts';
export * from './access/permissions.ts';
export { type ExplainDeps } from './explain/explain-deps.ts';
export { explainTask } from './explain/explain-task.ts';
export { type Explanation, type ExplanationKind } from './explain/explanation.ts';
export * from './limits.ts';
export * from './model/activity.ts';
export * from './model/condition.ts';
export * from './model/document.ts';
export * from './model/event.ts';
export * from './model/request.ts';
export * from './model/run.ts';
export * from './model/stray.ts';
export * from './model/task.ts';
export * from './model/worker.ts';
export { findPool, planTask, type PlannedAction } from './planning/plan.ts';
export * from './ports-administration.ts';
export * from './ports.ts';
export * from './ports-strays.ts';
export { cancelTask, enqueue } from './queue/enqueue.ts';
export { NodeLoop } from './queue/loop.ts';
export { checkPolicy } from './health/check-policy.ts';
export { DEFAULT_POLICY, DEFAULT_POWERSHELL } from './health/policy.ts';
export { isNewer } from './health/update-agents.ts';
export { LocalSignals } from './signals.ts';
export { Explainer, LimitsToken, Loop, OnlyOwn, planeProviders, Queue } from './wiring.ts';
export * from './workers/built-in.ts';
export { CONNECTION_LIMITS, proxyOf, spanMs } from './workers/opening.ts';
