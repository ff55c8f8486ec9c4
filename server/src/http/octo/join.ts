import { spell } from '@octo/api/documents';
import { OctoError, parse, SecurityError } from '@octo/kernel';
import { type Actor, type Audit, JOIN_TOKENS, SYSTEM_ACTOR, type Document, type Worker } from '@octo/plane';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { hashKey } from '../../keys.ts';
import { type Plane } from '../../plane.ts';
import { type Gate } from '../access/guard.ts';
import { firstCheck, newSummary } from '../workers.ts';
import { readWorker } from '../worker-input.ts';
import { membersOf } from './join-tokens.ts';

export const joinSchema = z.looseObject({
  /** The secret of a join token. */
  Token: z.string().min(1).max(200),
  Name: z.string().trim().min(1).max(200),
  Thumbprint: z.string().min(1),
  CommunicationStyle: z.enum(['TentaclePassive', 'TentacleActive']),
  /** Where it listens: `https://web-1:10933/`. */
  Uri: z.string().nullish(),
  /** Of an agent that calls us: `poll://…/`. */
  SubscriptionId: z.string().nullish(),
});

/** A machine becomes a worker, with a join token and nothing else (I16). */
export function joinRoutes(app: FastifyInstance, plane: Plane, { throttle }: Gate): void {
  app.post('/api/octo/join', async (request) => {
    const nowMs = plane.clock.now();
    throttle.check(request.ip, nowMs);
    const wanted = await parse(joinSchema, spell(joinSchema, request.body ?? {}), 'the machine that joins');
    const [tokenId = '', secret = ''] = wanted.Token.split('.');
    const token = await plane.documents.get(JOIN_TOKENS, tokenId);
    const hash = hashKey(secret);
    try {
      if (token?.spaceId == null || membersOf(token).Hash !== hash) throw unknown(); // hashes: what their times tell is of no use
      const worker = await workerOf(plane, token, wanted);
      const joining = { tokenId, hash, thumbprint: String(worker.endpoint['Thumbprint']), nowMs };
      const joined = await plane.joinTokens.join(joining, worker, told(plane, request, token));
      if (joined.isNew) {
        plane.signals.publish('workers');
        plane.signals.publish('leases');
        await firstCheck(plane, joined.worker, 'has joined');
      }
      const { thumbprint: ServerThumbprint } = await plane.identity.get();
      const { id: WorkerId, name: WorkerName, spaceId: SpaceId } = joined.worker;
      const { Uri } = joined.worker.endpoint; // of a machine that joined before: as it is known
      return { WorkerId, WorkerName, SpaceId, ServerThumbprint, CommsPort: plane.comms?.port ?? null, Uri };
    } catch (error) {
      if (OctoError.is(error) && error.code === 'OCTO_JOIN_TOKEN') throttle.failed(request.ip, nowMs);
      throw error;
    }
  });
}

type Wanted = z.infer<typeof joinSchema>;

async function workerOf(plane: Plane, token: Document, wanted: Wanted): Promise<Omit<Worker, 'id'>> {
  const { PoolIds, MachinePolicyId } = membersOf(token);
  const { CommunicationStyle, Thumbprint, Uri, SubscriptionId } = wanted;
  const uri = (CommunicationStyle === 'TentacleActive' ? SubscriptionId : undefined) ?? Uri ?? '';
  const body = {
    Name: wanted.Name,
    WorkerPoolIds: PoolIds,
    MachinePolicyId,
    Endpoint: { CommunicationStyle, Thumbprint, Uri: uri },
  };
  const { skipsCheck: _, ...worker } = await readWorker(plane, token.spaceId ?? '', body);
  return { ...worker, health: 'Unknown', statusSummary: newSummary(plane, worker.style) };
}

/** Nobody is signed in: the token stands for who made it. */
function told(plane: Plane, request: FastifyRequest, token: Document): Audit<Worker> {
  const userAgent = (request.headers['user-agent'] ?? '').slice(0, 300);
  const establishedBy = `join token ${token.name} of ${token.modifiedBy}`;
  const actor: Actor = { ...SYSTEM_ACTOR, establishedBy, userAgent, ipAddress: request.ip };
  return (worker) => ({
    spaceId: worker.spaceId,
    category: 'Created',
    actor,
    atMs: plane.clock.now(),
    message: `Worker ${worker.name} joined with ${token.id} (${token.name}, made by ${token.modifiedBy})`,
    documentType: 'Worker',
    documentIds: [worker.id, token.id, ...worker.poolIds],
    differences: [],
  });
}

function unknown(): SecurityError {
  return new SecurityError('OCTO_JOIN_TOKEN', 'the join token is not valid', {
    hint: 'make another one: octo worker join-token create --pool POOL',
  });
}
