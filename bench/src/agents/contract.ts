import { type ServiceContract, text } from '@octo/halibut';

export const ECHO: ServiceContract = { name: 'IEchoService', methods: { Say: { params: [text], result: text } } };

/** How the agents of a run connect: `bare` is a TLS socket that echoes, the floor. */
export type Kind = 'bare' | 'stock' | 'octo';

export interface Order {
  readonly kind: Kind;
  readonly server: { readonly certificatePem: string; readonly privateKeyPem: string; readonly thumbprint: string };
  readonly agent: { readonly certificatePem: string; readonly privateKeyPem: string; readonly thumbprint: string };
  readonly port: number;
  readonly count: number;
}

/** What the server process tells of itself. */
export interface Look {
  readonly port: number;
  readonly connected: number;
  readonly rssBytes: number;
  readonly cpuMs: number;
  readonly atMs: number;
  readonly sweptMs?: number;
}
