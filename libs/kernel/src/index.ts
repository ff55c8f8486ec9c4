// The contract: what a plugin author imports, and nothing else. No I/O happens in this package.
// Start with plugin.ts (what a plugin is), then step.ts, transport.ts or scheduler.ts (what it brings).
// token.ts says how a plugin asks for services; well-known.ts lists those that are always there.
// `@octo/kernel/host` is for the apps alone: finding plugins and making services live.
export * from './errors.ts';
export * from './plugin.ts';
export * from './scheduler.ts';
export * from './schema.ts';
export * from './secret.ts';
export * from './step.ts';
export * from './step-failure.ts';
export * from './token.ts';
export * from './transport.ts';
export * from './well-known.ts';
export * from './worker.ts';
