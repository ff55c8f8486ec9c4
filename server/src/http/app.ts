import fastify, { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { guard } from './auth.ts';
import { readJsonBodies } from './bodies.ts';
import { answerErrors } from './errors.ts';
import { nodeRoutes } from './nodes.ts';
import { artifactRoutes } from './octo/artifacts.ts';
import { inventoryRoutes } from './octo/inventory.ts';
import { runRoutes } from './octo/runs.ts';
import { taskInsightRoutes } from './octo/task-insight.ts';
import { taskLogRoutes } from './octo/task-log.ts';
import { poolRoutes } from './pools.ts';
import { rootRoutes } from './root.ts';
import { rewriteUrl, requireSpace } from './scope.ts';
import { statusRoutes } from './server-status.ts';
import { taskDetailRoutes } from './task-details.ts';
import { taskRoutes } from './tasks.ts';
import { workerRoutes } from './workers.ts';

export interface AppOptions {
  /** A key that is not stored: of this process alone, or left for its user in the data folder. */
  readonly localKey: string;
}

/** Aborts when the app begins to close: whoever waits in a request is answered. */
export type Closing = AbortSignal;

/** The routes over a plane. Nothing listens yet: the server calls `listen`, the CLI `inject`. */
export function buildApp(plane: Plane, options: AppOptions): FastifyInstance {
  const closing = new AbortController();
  const app = fastify({
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true },
    rewriteUrl,
    bodyLimit: 5 * 1024 * 1024,
    // Node's five seconds would close pooled sockets of clients in the middle of their work (rest.md 1.4)
    keepAliveTimeout: 75_000,
    requestTimeout: 120_000,
    connectionTimeout: 0,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
  });
  app.addHook('preClose', async () => closing.abort(new Error('the server stops')));
  readJsonBodies(app);
  answerErrors(app, plane.logger);
  guard(app, plane, options);
  requireSpace(app, plane);
  rootRoutes(app, plane);
  statusRoutes(app, plane);
  taskRoutes(app, plane);
  taskDetailRoutes(app, plane);
  workerRoutes(app, plane);
  poolRoutes(app, plane);
  nodeRoutes(app, plane);
  runRoutes(app, plane);
  taskInsightRoutes(app, plane);
  taskLogRoutes(app, plane, closing.signal);
  inventoryRoutes(app, plane);
  artifactRoutes(app, plane);
  return app;
}
