import { type JsonSchema } from '@octo/api';
import { VERSION } from '../../version.ts';
import { SESSION_COOKIE } from '../access/guard.ts';
import { type Rule } from '../access/rules.ts';
import { ref, schemaComponents } from './components.ts';
import { documentOperations } from './documents.ts';
import { type Operation, type Operations, TAGS } from './operation.ts';
import { NOT_HERE } from './operations/absent.ts';
import { ACCESS, SPACES } from './operations/access.ts';
import { OCTO, ROOT, SERVER } from './operations/server.ts';
import { EVENTS, TASKS } from './operations/tasks.ts';
import { JOINING, POOLS, WORKERS } from './operations/workers.ts';
import { inPath, parameterComponents, parameterRef } from './parameters.ts';

/** One route as fastify registered it. */
export interface Route {
  readonly method: string;
  readonly url: string;
  readonly rule: Rule;
}

export const OPERATIONS: Operations = {
  ...ROOT,
  ...ACCESS,
  ...SPACES,
  ...WORKERS,
  ...POOLS,
  ...JOINING,
  ...documentOperations(),
  ...TASKS,
  ...EVENTS,
  ...SERVER,
  ...OCTO,
  ...NOT_HERE,
};

const ABOUT = `The REST API of octo, which speaks Octopus's. A path with a space (\`/api/{spaceId}/workers\`) is the
canonical one. Without (\`/api/workers\`) the default space is meant; for tasks and events, every space that one may see.
Names in paths, queries and bodies count in any case. A client that can only GET and POST sends PUT and DELETE as a POST
with X-HTTP-Method-Override.`;

/** The OpenAPI document of these routes; one that is not declared is left out, and a test names it. */
export function openApi(routes: readonly Route[]): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes) {
    const operation = OPERATIONS[`${route.method} ${route.url}`];
    if (!operation) continue;
    for (const path of pathsOf(route, operation))
      (paths[path] ??= {})[route.method.toLowerCase()] = operationOf(route, operation, path);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'octo',
      version: VERSION,
      description: ABOUT,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }, { session: [] }],
    tags: TAGS.map((name) => ({ name })),
    paths,
    components: {
      schemas: schemaComponents(),
      parameters: parameterComponents(),
      responses: { Error: { description: 'It was refused, or it failed.', content: json(ref('Error')) } },
      securitySchemes: SECURITY,
    },
  };
}

const SECURITY = {
  apiKey: { type: 'apiKey', in: 'header', name: 'X-Octopus-ApiKey' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description:
      'From POST /api/users/login. Behind the name there is an underscore and the InstallationId. A change must also send the text of the other cookie in the header X-Octopus-Csrf-Token.',
  },
};

const json = (schema: JsonSchema) => ({ 'application/json': { schema } });

/** The canonical form first. */
export function pathsOf({ url, rule }: Route, { isInSpace }: Operation): readonly string[] {
  const path = url.replaceAll(/:(\w+)/g, '{$1}');
  const looks = typeof rule === 'object' && (rule.where === 'space' || rule.where === 'task');
  return looks || isInSpace ? [path.replace('/api/', '/api/{spaceId}/'), path] : [path];
}

function operationOf(route: Route, operation: Operation, path: string): JsonSchema {
  const { tag, summary, body, query = [], headers = [] } = operation;
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) =>
      name === 'spaceId' ? parameterRef(name) : inPath(name),
    ),
    ...[...query, ...headers].map(parameterRef),
  ];
  return {
    tags: [tag],
    summary,
    operationId: idOf(route, path === pathsOf(route, operation)[0]),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: json(body) } }),
    responses: responsesOf(route, operation),
    ...(route.rule === 'anonymous' && { security: [] }),
    'x-octo-permission':
      typeof route.rule === 'string' ? route.rule : { anyOf: route.rule.need, where: route.rule.where },
  };
}

/** The canonical path has the plain name. */
function idOf({ method, url }: Route, isCanonical: boolean): string {
  const words = url.replace(/^\/api/, '').match(/\w+/g) ?? ['root'];
  const name = method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return isCanonical ? name : `${name}WithoutSpace`;
}

function responsesOf({ method, url, rule }: Route, operation: Operation): JsonSchema {
  const { answer, media = [], status = 200, alsoStatus, body, query = [], errors = [] } = operation;
  const content = {
    ...(answer && json(answer)),
    ...Object.fromEntries(media.map((type) => [type, { schema: { type: 'string' } }])),
  };
  const statuses = new Set([
    ...(body || query.length > 0 ? [400] : []),
    ...(rule === 'anonymous' ? [] : [401, 403, 429]),
    ...(url.includes(':') ? [404] : []),
    ...(method === 'GET' ? [] : [409]),
    ...errors,
  ]);
  const error = { $ref: '#/components/responses/Error' };
  return {
    [status]: { description: status === 201 ? 'It was made.' : 'It was done.', content },
    ...(alsoStatus && { [alsoStatus.status]: { description: alsoStatus.when, content } }),
    ...Object.fromEntries([...statuses].map((it) => [it, error])),
    default: error,
  };
}
