import { type Resource } from './resources.ts';

/** How the server reaches the agent, or is reached by it. */
export type Endpoint =
  | {
      readonly style: 'TentaclePassive';
      readonly thumbprint: string;
      readonly uri: string;
      readonly proxyId: string | null;
    }
  | { readonly style: 'TentacleActive'; readonly thumbprint: string; readonly uri: string };

export interface NewMachine {
  readonly name: string;
  readonly spaceId: string | null;
  readonly policyId: string | null;
  readonly endpoint: Endpoint;
}

/** What a worker has and a deployment target has not. */
export interface WorkerPart {
  readonly WorkerPoolIds: readonly string[];
}
export interface TargetPart {
  readonly EnvironmentIds: readonly string[];
  readonly Roles: readonly string[];
  readonly TenantedDeploymentParticipation: string;
  readonly TenantIds: readonly string[];
  readonly TenantTags: readonly string[];
}

/** Members and their order are those of the real client, byte for byte (halibut.md 9.3.5). */
export function newBody(part: WorkerPart | TargetPart, machine: NewMachine): Resource {
  return {
    ...part,
    Name: machine.name,
    SpaceId: machine.spaceId,
    Thumbprint: null,
    Uri: null,
    IsDisabled: false,
    MachinePolicyId: machine.policyId,
    Status: 'Online',
    HealthStatus: 'Healthy',
    HasLatestCalamari: false,
    StatusSummary: null,
    IsInProcess: false,
    Endpoint: endpointBody(machine.endpoint),
    OperatingSystem: null,
    OperatingSystemVersion: null,
    ShellName: null,
    ShellVersion: null,
    Architecture: null,
    Slug: null,
    SkipInitialHealthCheck: false,
    Links: {},
  };
}

/**
 * The existing record with what the command decides; the rest goes back as it was read, members that we do not know
 * included (the real client loses those). The top-level `Thumbprint` and `Uri` stay stale on purpose: the server takes
 * both from `Endpoint` (R37). The policy changes only if one was named.
 */
export function changedBody(existing: Resource, part: WorkerPart | TargetPart, machine: NewMachine): Resource {
  return {
    ...existing,
    ...part,
    Name: machine.name,
    Endpoint: endpointBody(machine.endpoint),
    ...(machine.policyId !== null && { MachinePolicyId: machine.policyId }),
  };
}

function endpointBody(endpoint: Endpoint): Resource {
  return {
    CommunicationStyle: endpoint.style,
    ...(endpoint.style === 'TentaclePassive' && { ProxyId: endpoint.proxyId }),
    Thumbprint: endpoint.thumbprint,
    Uri: endpoint.uri,
    TentacleVersionDetails: null,
    CertificateSignatureAlgorithm: null,
    Id: null,
    LastModifiedOn: null,
    LastModifiedBy: null,
    Links: {},
  };
}
