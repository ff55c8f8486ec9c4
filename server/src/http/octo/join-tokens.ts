import { formatJoinToken } from '@octo/api';
import { spell } from '@octo/api/documents';
import { ConflictError, InputError, parse } from '@octo/kernel';
import { type Document, JOIN_TOKENS, type JoinTokenMembers } from '@octo/plane';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { randomWord } from '../../clock.ts';
import { hashKey } from '../../keys.ts';
import { type Plane } from '../../plane.ts';
import { audited } from '../access/audited.ts';
import { notFound } from '../errors.ts';
import { iso } from '../instants.ts';
import { spaceOfRequest } from '../scope.ts';
import { policyOf, poolsOf } from '../worker-input.ts';

export const joinTokenSchema = z.looseObject({
  /** For people; default: its pools, and a few letters. */
  Name: z.string().trim().min(1).max(200).nullish(),
  WorkerPoolIds: z.array(z.string()),
  MachinePolicyId: z.string().nullish(),
  /** Default: an hour from now. */
  Expires: z.iso.datetime({ offset: true }).nullish(),
  /** How many machines may join. Default 1. */
  Count: z.int().min(1).max(10_000).nullish(),
  /** Addresses of this server, as machines reach it. Default: the one that this request came to. */
  ServerUrls: z.array(z.url({ protocol: /^https?$/ })).nullish(),
});

const HOUR_MS = 3_600_000;
const LONGEST_MS = 90 * 24 * HOUR_MS;
/** Expired ones go when the next is made, but not at once: whoever wonders why it is refused finds it in the list. */
const KEPT_MS = 24 * HOUR_MS;

/** Tokens with which machines become workers by themselves (I16). Each is shown once; stored is a hash of its secret. */
export function joinTokenRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/octo/join-tokens', async (request) => {
    const tokens = await plane.documents.list(JOIN_TOKENS, await spaceOfRequest(plane, request.raw));
    return tokens.map((it) => joinTokenWire(it, plane.clock.now()));
  });
  app.post('/api/octo/join-tokens', async (request, reply) => {
    const wanted = await parse(joinTokenSchema, spell(joinTokenSchema, request.body ?? {}), 'the join token');
    const spaceId = await spaceOfRequest(plane, request.raw);
    const nowMs = plane.clock.now();
    const secret = randomWord(40);
    const PoolIds = await poolsOf(plane, spaceId, wanted.WorkerPoolIds);
    const members: JoinTokenMembers = {
      Hash: hashKey(secret),
      ExpiresMs: expiryOf(wanted.Expires, nowMs),
      PoolIds,
      MachinePolicyId: await policyOf(plane, spaceId, wanted.MachinePolicyId),
      Count: wanted.Count ?? 1,
      Joined: [],
    };
    const urls = wanted.ServerUrls ?? [ownUrl(plane, request)];
    const { thumbprint } = await plane.identity.get();
    await sweep(plane, request, spaceId, nowMs);
    const name = wanted.Name ?? `${await poolNames(plane, spaceId, PoolIds)} ${randomWord(6)}`;
    const document = { kind: JOIN_TOKENS, prefix: 'JoinTokens', spaceId, name, slug: '', members: { ...members } };
    const event = audited<Document>(plane, request, 'JoinToken', 'Created', { wire, related: PoolIds });
    const made = await plane.documents.add(document, event);
    const commsPort = plane.comms?.port;
    const token = { urls, thumbprint, secret: `${made.id}.${secret}`, ...(commsPort !== undefined && { commsPort }) };
    return reply.status(201).send({ ...joinTokenWire(made, nowMs), Token: formatJoinToken(token) });
  });
  app.delete('/api/octo/join-tokens/:id', async (request) => {
    const { id } = request.params as { id: string };
    const token = await plane.documents.get(JOIN_TOKENS, id);
    if (!token || token.spaceId !== (await spaceOfRequest(plane, request.raw))) throw notFound(id);
    await plane.documents.remove(
      token,
      audited<Document>(plane, request, 'JoinToken', 'Deleted', { before: token, wire }),
    );
    return {};
  });
}

export function membersOf({ members }: Document): JoinTokenMembers {
  return members as unknown as JoinTokenMembers; // written above and by the storage that uses it up
}

/** Without the hash. */
function joinTokenWire(token: Document, nowMs: number) {
  const { ExpiresMs, PoolIds, MachinePolicyId, Count, Joined } = membersOf(token);
  const isOver = ExpiresMs <= nowMs;
  return {
    Id: token.id,
    Name: token.name,
    SpaceId: token.spaceId,
    WorkerPoolIds: PoolIds,
    MachinePolicyId,
    Expires: iso(ExpiresMs),
    Count,
    State: isOver ? 'Expired' : Joined.length >= Count ? 'UsedUp' : 'Good',
    Joined: Joined.map(({ WorkerId, AtMs }) => ({ WorkerId, At: iso(AtMs) })),
    CreatedBy: token.modifiedBy,
    Links: { Self: `/api/${token.spaceId}/octo/join-tokens/${token.id}` },
  };
}
const wire = (token: Document) => joinTokenWire(token, 0);

function expiryOf(expires: string | null | undefined, nowMs: number): number {
  const untilMs = expires ? Date.parse(expires) : nowMs + HOUR_MS;
  if (untilMs > nowMs && untilMs <= nowMs + LONGEST_MS) return untilMs;
  throw new InputError('OCTO_JOIN_TOKEN_EXPIRES', `a join token ends in the future, within 90 days, not ${expires}`);
}

/** The address that this request came to: others on the network may know it by another name. */
function ownUrl(plane: Plane, request: FastifyRequest): string {
  if (plane.kind === 'server') return `${request.protocol}://${request.host}`;
  throw new ConflictError('OCTO_JOIN_TOKEN_SERVER', 'no server runs here, so a join token cannot name it', {
    hint: 'octo server start, or name the server: --server-url https://octo.example.com',
  });
}

async function poolNames(plane: Plane, spaceId: string, ids: readonly string[]): Promise<string> {
  const pools = await plane.pools.list(spaceId);
  const names = pools.filter((it) => ids.includes(it.id)).map((it) => it.name);
  return names.join(', ').slice(0, 150);
}

async function sweep(plane: Plane, request: FastifyRequest, spaceId: string, nowMs: number): Promise<void> {
  for (const token of await plane.documents.list(JOIN_TOKENS, spaceId)) {
    if (membersOf(token).ExpiresMs > nowMs - KEPT_MS) continue;
    const event = audited<Document>(plane, request, 'JoinToken', 'Deleted', { before: token, wire });
    await plane.documents.remove(token, event).catch(() => {}); // another node was first
  }
}
