import { z } from 'zod';

/** Members as Octopus names them where it knows them (R139, rest.md 2.3); the rest is ours. */
export const endpoint = z.looseObject({
  Host: z.string().min(1).describe('name or address of the machine'),
  Port: z.coerce.number().int().min(1).max(65_535).default(22).describe('port of its SSH server'),
  AccountId: z.string().describe('account to sign in with, by name or id'),
  Fingerprint: z.string().nullish().describe('fingerprint of its host key: SHA256:… or the MD5 form'),
  ProxyId: z.string().nullish().describe('proxy that leads there, by name or id'),
  JumpHost: z.string().nullish().describe('SSH server in between (ProxyJump): name or address'),
  JumpPort: z.coerce.number().int().min(1).max(65_535).nullish().describe('its port [default: 22]'),
  JumpAccountId: z.string().nullish().describe('account to sign in there [default: the same]'),
  JumpFingerprint: z.string().nullish().describe('fingerprint of its host key'),
  Folder: z.string().nullish().describe("folder of octo's files there [default: .octo in the account's home]"),
  DotNetCorePlatform: z.string().nullish().describe('kept for Octopus clients, e.g. linux-x64'),
});
export type SshEndpoint = z.output<typeof endpoint>;

export const DEFAULT_PORT = 22;
export const DEFAULT_FOLDER = '.octo';
