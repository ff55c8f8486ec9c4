import { InputError, OctoError, type Proxy } from '@octo/kernel';
import { proxyOf } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { type Query, text } from './collections.ts';
import { isSame } from './filters.ts';
import { spaceOfRequest } from './scope.ts';
import { workerStyles } from './worker-input.ts';

/** Longest that a machine is asked who it is. */
const LIMIT_MS = 30_000;
/** Where machines of a style listen when nothing else is said (R127). */
const PORTS: Readonly<Record<string, number>> = { TentaclePassive: 10_933, Ssh: 22 };

/** Ask a machine who it is, before it is trusted: a worker that is not stored (rest.md 2.3). */
export function discoverRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/workers/discover', async (request) => {
    const query = request.query as Query;
    const spaceId = await spaceOfRequest(plane, request.raw);
    const style = styleOf(plane, text(query, 'type') ?? 'TentaclePassive');
    const host = text(query, 'host')?.trim() ?? '';
    if (host === '') throw new InputError('OCTO_API_QUERY', 'host is missing', { hint: '?host=web-1&port=10933' });
    const transport = plane.registry.transport(style);
    if (!transport?.discover)
      throw new InputError('OCTO_DISCOVER', `no loaded plugin can ask a machine of style ${style} who it is`, {
        hint: 'name the thumbprint or fingerprint yourself; the machine shows it',
      });
    const port = portOf(text(query, 'port'), style);
    const proxyId = text(query, 'proxyId');
    const proxy = proxyId === undefined ? undefined : await proxyIn(plane, spaceId, proxyId);
    const found = await ask(`${host}:${port}`, async (signal) =>
      transport.discover?.({ host, port, ...(proxy && { proxy }) }, signal),
    );
    return {
      SpaceId: spaceId,
      Name: host.replace(/\.$/, ''),
      WorkerPoolIds: [],
      IsDisabled: false,
      HealthStatus: 'Unknown',
      Endpoint: {
        Id: null,
        ProxyId: proxyId ?? null,
        ...found,
        CommunicationStyle: style,
        TentacleVersionDetails: {
          UpgradeLocked: false,
          Version: null,
          UpgradeSuggested: false,
          UpgradeRequired: false,
        },
        Links: {},
      },
      Links: {},
    };
  });
}

function styleOf(plane: Plane, wanted: string): string {
  const style = workerStyles(plane).find((it) => isSame(it, wanted));
  if (style !== undefined) return style;
  throw new InputError('OCTO_API_QUERY', `there is no communication style ${wanted}`, {
    hint: `choose one of: ${workerStyles(plane).join(', ')}`,
  });
}

function portOf(given: string | undefined, style: string): number {
  const port = given === undefined || given === '' ? (PORTS[style] ?? 0) : Number(given);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new InputError('OCTO_API_QUERY', `port is 1 to 65535, not "${given ?? ''}"`);
}

async function proxyIn(plane: Plane, spaceId: string, id: string): Promise<Proxy> {
  const known = await plane.documents.get('proxies', id);
  if (known?.spaceId === spaceId) return proxyOf(plane.documents, known.id);
  throw new InputError('OCTO_API_QUERY', `there is no ${id} in this space (proxyId)`);
}

/** What keeps us from the machine is the asker's to solve, with the address that it has given: 400. */
async function ask<T>(where: string, discover: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    return await discover(signal);
  } catch (cause) {
    const why = signal.aborted ? `it did not answer within ${LIMIT_MS / 1_000} s` : reason(cause);
    const hint = OctoError.is(cause) ? cause.hint : undefined;
    throw new InputError('OCTO_DISCOVER_FAILED', `${where} could not be asked who it is: ${why}`, {
      hint: hint ?? 'check host and port, that the agent runs, and that a firewall lets this server through',
      cause,
    });
  }
}
function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
