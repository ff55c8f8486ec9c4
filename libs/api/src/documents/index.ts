// Resources that are kept as documents: one zod schema each, for checks, spelling and OpenAPI. Loaded by the server
// alone; the client takes types from here, which cost nothing.
export * from './account.ts';
export { type DocumentKind } from './kind.ts';
export * from './machine-policy.ts';
export * from './others.ts';
export { spell } from './spell.ts';
export { actionSchema, runSchema } from '../run-schema.ts';
