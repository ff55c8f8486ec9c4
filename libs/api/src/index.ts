// The REST contract: resources, their wire form, the routes, and a typed client over HTTP or in-process.
export * from './client.ts';
export * from './resources.ts';
