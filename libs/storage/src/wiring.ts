import { type Provider, value } from '@octo/kernel';
import * as ports from '@octo/plane';
import { type Storage } from './storage.ts';

/** An opened storage as providers of the plane's ports. Whoever opened it closes it. */
export function storageProviders(storage: Storage): readonly Provider[] {
  return [
    value(ports.Tasks, storage.tasks),
    value(ports.Journal, storage.journal),
    value(ports.ArtifactStore, storage.artifacts),
    value(ports.Leases, storage.leases),
    value(ports.Workers, storage.workers),
    value(ports.Connections, storage.connections),
    value(ports.Strays, storage.strays),
    value(ports.JoinTokens, storage.joinTokens),
    value(ports.Pools, storage.pools),
    value(ports.Nodes, storage.nodes),
    value(ports.Liveness, aliveOnly(storage)),
    value(ports.Settings, storage.settings),
    value(ports.ApiKeys, storage.apiKeys),
    value(ports.Spaces, storage.spaces),
    value(ports.Documents, storage.documents),
    value(ports.Events, storage.events),
  ];
}

/** Without its dispose: a room of services would close it, but its locks must be held longer than any service lives. */
function aliveOnly({ liveness }: Storage): ports.Liveness {
  return { isDead: (nodeId) => liveness.isDead(nodeId) };
}
