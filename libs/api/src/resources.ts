// What the REST API speaks of: types in camelCase, and beside each its wire form in PascalCase. The mapping happens in
// this package and nowhere else. Instants are ISO 8601 text in UTC. Source of names and shapes: rest.md 2.1–2.10.
// Nothing here loads a validator: commands that only ask pay for none.
export * from './resources/built-in-worker.ts';
export * from './resources/collection.ts';
export * from './resources/explanation.ts';
export * from './resources/log-page.ts';
export * from './resources/node.ts';
export * from './resources/plugin.ts';
export * from './resources/root.ts';
export * from './resources/run.ts';
export * from './resources/server-status.ts';
export * from './resources/settings.ts';
export * from './resources/space.ts';
export * from './resources/task-details.ts';
export * from './resources/task-insight.ts';
export * from './resources/task.ts';
export * from './resources/user.ts';
export * from './resources/worker-pool.ts';
export { type StrayResource } from './resources/stray.ts';
export * from './resources/worker-condition.ts';
export * from './resources/worker.ts';
export { type RefOf, schemaOfShape, toJsonSchema } from './json-schema.ts';
export { listOf, type WireForm, wireForm } from './wire-form.ts';
export * as shapes from './wire-shape.ts';
export { type AnyShape, type JsonSchema } from './wire-shape.ts';
