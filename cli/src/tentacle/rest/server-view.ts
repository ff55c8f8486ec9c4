import { type Io } from '../command.ts';
import { type Values } from '../parse.ts';
import { type Settings } from '../settings.ts';
import { openServer } from './register.ts';
import { type Linked } from './server.ts';

interface Known extends Linked {
  readonly MachinePolicyId?: string;
  readonly WorkerPoolIds?: readonly string[];
  readonly Endpoint?: { readonly Uri?: string };
}

/** What the server knows of this machine, put among what the machine knows itself (halibut.md 9.7). */
export async function addServerView(
  shown: Record<string, unknown>,
  settings: Settings,
  values: Values,
  io: Io,
): Promise<void> {
  const server = await openServer(values, io);
  const space = await server.space(values.text('space'));
  const thumbprint = settings.thumbprint ?? '';
  const ask = async (link: string) =>
    space.links[link] === undefined
      ? []
      : server.rest.get<readonly Known[]>(server.link(space.links, link, { id: 'all', thumbprint }));
  const [mine] = [...(await ask('Machines')), ...(await ask('Workers'))];
  if (!mine) return;
  const pools: Linked[] = [];
  for await (const pool of server.all<Linked>(server.link(space.links, 'WorkerPools')))
    if (mine.WorkerPoolIds?.includes(pool.Id)) pools.push(pool);
  const policy = mine.MachinePolicyId
    ? await server.rest.get<Linked>(server.link(space.links, 'MachinePolicies', { id: mine.MachinePolicyId }))
    : undefined;
  const tentacle = shown['Tentacle'] as Record<string, unknown>; // made by show-configuration
  tentacle['DisplayName'] = mine.Name;
  if (policy) tentacle['MachinePolicy'] = { Id: policy.Id, Name: policy.Name };
  tentacle['WorkerPools'] = pools.map(({ Id, Name }) => ({ Id, Name }));
  (tentacle['Communication'] as Record<string, unknown>)['PublicHostName'] = mine.Endpoint?.Uri ?? null; // made there, too
}
