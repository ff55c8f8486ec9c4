import { ACCOUNTS, CERTIFICATES, MACHINE_POLICIES, machinePolicySchema, missingOf, PROXIES } from '@octo/api/documents';
import { ConflictError, InputError } from '@octo/kernel';
import { checkPolicy, DEFAULT_POWERSHELL, type Document, SYSTEM_ACTOR } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../../plane.ts';
import { pageOf, type Query } from '../collections.ts';
import { notFound } from '../errors.ts';
import { isSame } from '../filters.ts';
import { textOf } from '../members.ts';
import { spaceOfRequest } from '../scope.ts';
import { matching, workerWire } from '../workers.ts';
import { documentRoutes, envelope, memberIs } from './document-routes.ts';

/** Machine policies, accounts, proxies and certificates (rest.md 2.5, 2.12). */
export function documentKinds(app: FastifyInstance, plane: Plane): void {
  machinePolicies(app, plane);
  documentRoutes(app, plane, PROXIES, {
    mayGo: (proxy) => refuseUsed(plane, proxy, (worker) => worker.endpoint['ProxyId'] === proxy.id),
  });
  documentRoutes(app, plane, CERTIFICATES);
  documentRoutes(app, plane, ACCOUNTS, {
    filter: (query) => memberIs(query, 'accountType', 'AccountType'),
    links: (self) => ({ Usages: `${self}/usages` }),
    mayGo: (account) =>
      refuseUsed(
        plane,
        account,
        ({ endpoint: it }) => it['AccountId'] === account.id || it['JumpAccountId'] === account.id,
      ),
    check: async (members) => {
      const missing = missingOf(members);
      if (missing.length === 0) return members;
      throw new InputError(
        'OCTO_ACCOUNT_INCOMPLETE',
        `a ${String(members['AccountType'])} needs ${missing.join(', ')}`,
      );
    },
  });
  app.get('/api/accounts/:id/usages', async (request) => {
    const { id } = request.params as { id: string };
    const workers = await plane.workers.list(await spaceOfRequest(plane, request.raw));
    const users = workers.filter((worker) => isSame(textOf(worker.endpoint['AccountId']) ?? '', id));
    const Workers = users.map((worker) => ({ WorkerId: worker.id, WorkerName: worker.name }));
    return { Targets: [], Workers, DeploymentProcesses: [], Releases: [], ProjectVariableSets: [], Links: {} };
  });
}

function machinePolicies(app: FastifyInstance, plane: Plane): void {
  documentRoutes(app, plane, MACHINE_POLICIES, {
    links: (self) => ({
      Machines: `${self}/machines{?skip,take}`,
      Workers: `${self}/workers{?skip,take}`,
      Template: self.replace(/[^/]+$/, 'template'),
    }),
    check: async (members, { spaceId, before }) => {
      if (before?.members['IsDefault'] === true && members['IsDefault'] !== true)
        throw new InputError('OCTO_POLICY_DEFAULT', `${before.name} is the default policy; a space always has one`, {
          hint: 'make another policy the default one instead',
        });
      checkPolicy(members);
      if (members['IsDefault'] === true) await dethrone(plane, spaceId, before?.id);
      return members;
    },
    mayGo: async (policy) => {
      if (policy.members['IsDefault'] === true)
        throw new InputError(
          'OCTO_POLICY_DEFAULT',
          `${policy.name} is the default policy and cannot be deleted (R108)`,
          {
            hint: 'make another policy the default one first',
          },
        );
      await refuseUsed(
        plane,
        policy,
        (worker) => isSame(worker.machinePolicyId, policy.id),
        'give those workers another one first, or: octo policy remove NAME --move-to-default',
      );
    },
  });
  app.get('/api/machinepolicies/template', async (request) => {
    const space = await spaceOfRequest(plane, request.raw);
    return template(space);
  });
  app.get('/api/machinepolicies/:id/workers', async (request) => {
    const { id } = request.params as { id: string };
    const space = await spaceOfRequest(plane, request.raw);
    const policy = await plane.documents.get('machinepolicies', id);
    if (policy?.spaceId !== space) throw notFound(id);
    const workers = (await plane.workers.list(space)).filter((worker) => isSame(worker.machinePolicyId, policy.id));
    const query = request.query as Query;
    const asked = { itemType: 'Worker', path: `/api/${space}/machinepolicies/${policy.id}/workers`, query };
    return envelope(pageOf(asked, matching(workers, query).map(workerWire)));
  });
  /** Deployment targets; there are none. */
  app.get('/api/machinepolicies/:id/machines', async (request) => {
    const { id } = request.params as { id: string };
    const space = await spaceOfRequest(plane, request.raw);
    const asked = {
      itemType: 'Machine',
      path: `/api/${space}/machinepolicies/${id}/machines`,
      query: request.query as Query,
    };
    return envelope(pageOf(asked, []));
  });
}

/** A space has exactly one default policy (R108). */
async function dethrone(plane: Plane, spaceId: string | null, but: string | undefined): Promise<void> {
  for (const policy of await plane.documents.list('machinepolicies', spaceId)) {
    if (policy.members['IsDefault'] !== true || policy.id === but) continue;
    await plane.documents.update(
      policy,
      { name: policy.name, slug: policy.slug, members: { ...policy.members, IsDefault: false } },
      (after) => ({
        spaceId: after.spaceId,
        category: 'Modified',
        actor: SYSTEM_ACTOR,
        atMs: plane.clock.now(),
        message: `MachinePolicy ${after.name} is not the default one any more`,
        documentType: 'MachinePolicy',
        documentIds: [after.id],
        differences: [{ member: 'IsDefault', before: true, after: false }],
      }),
    );
  }
}

async function refuseUsed(
  plane: Plane,
  document: Document,
  isUser: (worker: {
    readonly endpoint: Readonly<Record<string, unknown>>;
    readonly machinePolicyId: string;
  }) => boolean,
  hint = 'give those workers another one first',
): Promise<void> {
  const users = document.spaceId === null ? [] : (await plane.workers.list(document.spaceId)).filter(isUser);
  if (users.length === 0) return;
  throw new ConflictError('OCTO_DOCUMENT_USED', `${document.name} is used by ${users.map((w) => w.name).join(', ')}`, {
    hint,
  });
}

/** A policy with its defaults, the scripts that it would inherit among them (rest.md 2.5). */
function template(space: string) {
  const { Name: _, ...defaults } = machinePolicySchema.parse({
    Name: 'template',
    MachineHealthCheckPolicy: { PowerShellHealthCheckPolicy: { ScriptBody: DEFAULT_POWERSHELL } },
  });
  return { ...defaults, Name: null, SpaceId: space, Links: { Self: `/api/${space}/machinepolicies/template` } };
}
