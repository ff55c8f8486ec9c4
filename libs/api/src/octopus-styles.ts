/** What a member of an endpoint is, as JSON Schema says it; only what forms and flags are made of. */
export interface EndpointMember {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly items?: EndpointMember;
}
export interface EndpointSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, EndpointMember>>;
  readonly required?: readonly string[];
}
/** A way to reach workers, as GET /api/octo/styles lists it. */
export interface WorkerStyle {
  /** Octopus communication style. */
  readonly Style: string;
  /** Of the command line: `octo worker add <word>`. */
  readonly Word: string;
  /** False: such workers are kept, but no loaded plugin reaches them. */
  readonly IsSpoken: boolean;
  readonly Reach: 'anywhere' | 'where-connected' | 'own-node';
  readonly Endpoint: EndpointSchema;
}

const thumbprint = { type: 'string', description: "thumbprint of the Tentacle's certificate: 40 hexadecimal digits" };
const proxy = { type: 'string', description: 'proxy that leads there, by name or id' };

/** Octopus's own styles, while no plugin describes them better. Source of members: rest.md 2.3. */
export const OCTOPUS_STYLES: readonly WorkerStyle[] = [
  {
    Style: 'TentaclePassive',
    Word: 'listening',
    IsSpoken: false,
    Reach: 'anywhere',
    Endpoint: {
      type: 'object',
      properties: {
        Uri: { type: 'string', description: 'where the Tentacle listens, e.g. https://web-1:10933/' },
        Thumbprint: thumbprint,
        ProxyId: proxy,
      },
      required: ['Uri', 'Thumbprint'],
    },
  },
  {
    Style: 'TentacleActive',
    Word: 'polling',
    IsSpoken: false,
    Reach: 'where-connected',
    Endpoint: {
      type: 'object',
      properties: {
        Uri: { type: 'string', description: 'subscription of the Tentacle, e.g. poll://abc123/' },
        Thumbprint: thumbprint,
      },
      required: ['Uri', 'Thumbprint'],
    },
  },
  {
    Style: 'Ssh',
    Word: 'ssh',
    IsSpoken: false,
    Reach: 'anywhere',
    Endpoint: {
      type: 'object',
      properties: {
        Host: { type: 'string', description: 'name or address of the machine' },
        Port: { type: 'integer', description: 'port of its SSH server', default: 22 },
        AccountId: { type: 'string', description: 'account to sign in with, by name or id' },
        Fingerprint: { type: 'string', description: 'fingerprint of its host key, e.g. SHA256:…' },
        ProxyId: proxy,
        DotNetCorePlatform: { type: 'string', description: 'e.g. linux-x64' },
      },
      required: ['Host', 'AccountId'],
    },
  },
  {
    Style: 'KubernetesTentacle',
    Word: 'kubernetes',
    IsSpoken: false,
    Reach: 'where-connected',
    Endpoint: { type: 'object', properties: {} },
  },
];
