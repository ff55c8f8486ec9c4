import { z } from 'zod';
import { documentKind, name, sensitive } from './kind.ts';

/** Which members of an account are secret, by its type (rest.md 2.12); SshAgent is ours. */
const SECRETS = {
  SshKeyPair: ['PrivateKeyFile', 'PrivateKeyPassphrase'],
  SshAgent: [],
  UsernamePassword: ['Password'],
  Token: ['Token'],
  AmazonWebServicesAccount: ['SecretKey'],
  AmazonWebServicesOidcAccount: [],
  AzureServicePrincipal: ['Password'],
  AzureOidc: [],
  AzureSubscription: ['CertificateBytes'],
  GoogleCloudAccount: ['JsonKey'],
  GenericOidcAccount: [],
  None: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type AccountType = keyof typeof SECRETS;
export const ACCOUNT_TYPES = Object.keys(SECRETS) as [AccountType, ...AccountType[]];

/** What a type cannot do without. A secret counts when it is written or already kept. */
const NEEDED: Readonly<Partial<Record<AccountType, readonly string[]>>> = {
  SshKeyPair: ['Username'],
  SshAgent: ['Username'],
  UsernamePassword: ['Username'],
  AmazonWebServicesAccount: ['AccessKey'],
  AzureServicePrincipal: ['SubscriptionNumber', 'ClientId', 'TenantId'],
};
const uuid = z.guid().nullish().or(z.literal(''));

export const accountSchema = z.looseObject({
  Name: name,
  Description: z.string().nullable().default(''),
  AccountType: z.enum(ACCOUNT_TYPES),
  EnvironmentIds: z.array(z.string()).default([]),
  TenantedDeploymentParticipation: z.enum(['Untenanted', 'TenantedOrUntenanted', 'Tenanted']).default('Untenanted'),
  TenantIds: z.array(z.string()).default([]),
  TenantTags: z.array(z.string()).default([]),
  Username: z.string().nullish(),
  AgentSocket: z.string().nullish(),
  AccessKey: z.string().nullish(),
  Region: z.string().nullish(),
  SubscriptionNumber: uuid,
  ClientId: uuid,
  TenantId: uuid,
  PrivateKeyFile: sensitive,
  PrivateKeyPassphrase: sensitive,
  Password: sensitive,
  Token: sensitive,
  SecretKey: sensitive,
  CertificateBytes: sensitive,
  JsonKey: sensitive,
});

export function missingOf(members: Readonly<Record<string, unknown>>): readonly string[] {
  const needed = NEEDED[members['AccountType'] as AccountType] ?? []; // checked by the schema
  return needed.filter((member) => typeof members[member] !== 'string' || members[member] === '');
}

/** What a worker or a step signs in with somewhere else. */
export const ACCOUNTS = documentKind({
  kind: 'accounts',
  prefix: 'Accounts',
  itemType: 'Account',
  scope: 'space',
  schema: accountSchema,
  secrets: (members) => SECRETS[members['AccountType'] as AccountType] ?? [],
  permissions: { view: 'AccountView', create: 'AccountCreate', edit: 'AccountEdit', remove: 'AccountDelete' },
});
