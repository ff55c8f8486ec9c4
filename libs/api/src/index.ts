// The REST contract: resources in camelCase, their wire form in PascalCase, error bodies, and one typed client that
// speaks over HTTP or straight into routes of this process. Routes themselves are the server's.
export { directApi, httpApi, type HttpApiOptions } from './api-client.ts';
export * from './client.ts';
export { fromErrorBody, statusOf, toErrorBody, type ErrorBody } from './error-body.ts';
export * from './join-token.ts';
export * from './octopus-styles.ts';
export * from './people-api.ts';
export { keyByPassword } from './sign-in.ts';
export * from './resource-api.ts';
export * from './resources.ts';
export { parseProcess, parseRunRequest } from './run-request.ts';
export { type Request, type Response, type Send } from './send.ts';
