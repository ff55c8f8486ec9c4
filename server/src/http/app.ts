import fastify, { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { absentRoutes } from './absent.ts';
import { type Gate, guard } from './access/guard.ts';
import { RULES } from './access/rules.ts';
import { apiKeyRoutes } from './api-keys.ts';
import { readJsonBodies } from './bodies.ts';
import { watchClosing } from './closing.ts';
import { configurationRoutes } from './configuration.ts';
import { discoverRoutes } from './discover.ts';
import { documentKinds } from './documents/kinds.ts';
import { answerErrors, answerWith } from './errors.ts';
import { eventRoutes } from './events.ts';
import { leaseRoutes } from './leases.ts';
import { artifactRoutes } from './octo/artifacts.ts';
import { strayRoutes } from './octo/strays.ts';
import { workerConditionRoutes } from './octo/worker-conditions.ts';
import { builtInWorkerRoutes } from './octo/built-in-workers.ts';
import { joinRoutes } from './octo/join.ts';
import { joinTokenRoutes } from './octo/join-tokens.ts';
import { nodeRoutes } from './octo/nodes.ts';
import { pluginRoutes } from './octo/plugins.ts';
import { runRoutes } from './octo/runs.ts';
import { settingsRoutes } from './octo/settings.ts';
import { styleRoutes } from './octo/styles.ts';
import { taskExplainRoutes } from './octo/task-explain.ts';
import { taskInsightRoutes } from './octo/task-insight.ts';
import { taskLogRoutes } from './octo/task-log.ts';
import { type Route } from './openapi/document.ts';
import { openApiRoute } from './openapi/route.ts';
import { octopusNodeRoutes } from './octopus-nodes.ts';
import { permissionRoutes } from './permissions.ts';
import { poolSummaryRoutes } from './pool-summary.ts';
import { poolRoutes } from './pools.ts';
import { rootRoutes } from './root.ts';
import { rewriteUrl, requireSpace } from './scope.ts';
import { statusRoutes } from './server-status.ts';
import { signInRoutes } from './sign-in.ts';
import { spaceRoutes } from './spaces.ts';
import { taskChangeRoutes } from './task-changes.ts';
import { taskDetailRoutes } from './task-details.ts';
import { taskRawRoutes } from './task-raw.ts';
import { taskRoutes } from './tasks.ts';
import { teamRoutes } from './teams.ts';
import { userRoutes } from './users.ts';
import { workerRoutes } from './workers.ts';

export interface AppOptions {
  /** A key that is not stored: of this process alone, or left for its user in the data folder. */
  readonly localKey: string;
  /** HTTPS instead of HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Believe the X-Forwarded-… headers of a reverse proxy. Default false. */
  readonly trustProxy?: boolean;
}

/** The routes over a plane. Nothing listens yet: the server calls `listen`, the CLI `inject`. */
export function buildApp(plane: Plane, options: AppOptions): FastifyInstance {
  const app = fastify({
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true },
    rewriteUrl,
    frameworkErrors: (error, request, reply) => void answerWith(error, request, reply, plane.logger),
    bodyLimit: 5 * 1024 * 1024,
    // Node's five seconds would close pooled sockets of clients in the middle of their work (rest.md 1.4)
    keepAliveTimeout: 75_000,
    // a request that takes longer to arrive, and a reader that takes nothing for so long, are let go
    requestTimeout: 120_000,
    connectionTimeout: 120_000,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    trustProxy: options.trustProxy ?? false,
    ...(options.tls && { https: { ...options.tls, minVersion: 'TLSv1.2' } }),
  });
  const closing = watchClosing(app);
  readJsonBodies(app);
  answerErrors(app, plane.logger);
  const routes: Route[] = [];
  app.addHook('onRoute', (route) => {
    const rule = route.config?.rule ?? RULES[`${String(route.method)} ${route.url}`];
    if (rule === undefined) throw new Error(`${String(route.method)} ${route.url} has no line in rules.ts`);
    route.config = { ...route.config, rule };
    routes.push({ method: String(route.method), url: route.url, rule });
  });
  requireSpace(app, plane);
  const gate = guard(app, plane, options);
  octopusRoutes(app, plane, gate, closing);
  ownRoutes(app, plane, gate, closing);
  openApiRoute(app, routes);
  return app;
}

/** What official clients know. */
function octopusRoutes(app: FastifyInstance, plane: Plane, gate: Gate, closing: AbortSignal): void {
  rootRoutes(app, plane);
  spaceRoutes(app, plane, gate);
  userRoutes(app, plane, gate);
  signInRoutes(app, plane, gate);
  apiKeyRoutes(app, plane);
  teamRoutes(app, plane, gate);
  permissionRoutes(app, plane);
  eventRoutes(app, plane);
  configurationRoutes(app, plane);
  documentKinds(app, plane);
  leaseRoutes(app, plane);
  absentRoutes(app, plane);
  statusRoutes(app, plane);
  octopusNodeRoutes(app, plane);
  taskRoutes(app, plane);
  taskChangeRoutes(app, plane);
  taskDetailRoutes(app, plane);
  taskRawRoutes(app, plane, closing);
  discoverRoutes(app, plane);
  workerRoutes(app, plane);
  poolRoutes(app, plane);
  poolSummaryRoutes(app, plane);
}

/** octo's own, below /api/octo. */
function ownRoutes(app: FastifyInstance, plane: Plane, gate: Gate, closing: AbortSignal): void {
  runRoutes(app, plane);
  taskInsightRoutes(app, plane);
  taskExplainRoutes(app, plane);
  taskLogRoutes(app, plane, closing);
  builtInWorkerRoutes(app, plane);
  workerConditionRoutes(app, plane);
  strayRoutes(app, plane);
  nodeRoutes(app, plane);
  pluginRoutes(app, plane);
  settingsRoutes(app, plane);
  styleRoutes(app, plane);
  joinTokenRoutes(app, plane);
  joinRoutes(app, plane, gate);
  artifactRoutes(app, plane, closing);
}
