import { z } from 'zod';
import { documentKind, name, sensitive } from './kind.ts';

/** Source: rest.md 2.5. */
export const proxySchema = z.looseObject({
  Name: name,
  Host: z.string().trim().min(1),
  Port: z.int().min(1).max(65_535).default(80),
  ProxyType: z.enum(['HTTP', 'SOCKS5']).default('HTTP'),
  Username: z.string().nullish(),
  Password: sensitive,
});
export const PROXIES = documentKind({
  kind: 'proxies',
  prefix: 'Proxies',
  itemType: 'Proxy',
  scope: 'space',
  schema: proxySchema,
  secrets: () => ['Password'],
  permissions: { view: 'ProxyView', create: 'ProxyCreate', edit: 'ProxyEdit', remove: 'ProxyDelete' },
});

/** Certificates that steps use; not the server's own (rest.md 2.12). */
export const certificateSchema = z.looseObject({
  Name: name,
  Notes: z.string().nullable().default(''),
  CertificateDataFormat: z.enum(['Unknown', 'Der', 'Pem', 'Pkcs12']).default('Unknown'),
  EnvironmentIds: z.array(z.string()).default([]),
  TenantedDeploymentParticipation: z.enum(['Untenanted', 'TenantedOrUntenanted', 'Tenanted']).default('Untenanted'),
  TenantIds: z.array(z.string()).default([]),
  TenantTags: z.array(z.string()).default([]),
  CertificateData: sensitive,
  Password: sensitive,
});
export const CERTIFICATES = documentKind({
  kind: 'certificates',
  prefix: 'Certificates',
  itemType: 'Certificate',
  scope: 'space',
  schema: certificateSchema,
  secrets: () => ['CertificateData', 'Password'],
  permissions: {
    view: 'CertificateView',
    create: 'CertificateCreate',
    edit: 'CertificateEdit',
    remove: 'CertificateDelete',
  },
});

const ids = z.array(z.string()).default([]);
/** Source: rest.md 2.1. */
export const teamSchema = z.looseObject({
  Name: name,
  Description: z.string().nullable().default(''),
  MemberUserIds: ids,
  ExternalSecurityGroups: z.array(z.looseObject({})).default([]),
});
export const TEAMS = documentKind({
  kind: 'teams',
  prefix: 'Teams',
  itemType: 'Team',
  scope: 'system',
  schema: teamSchema,
  secrets: () => [],
  permissions: { view: 'TeamView', create: 'TeamCreate', edit: 'TeamEdit', remove: 'TeamDelete' },
});

export const scopedUserRoleSchema = z.looseObject({
  TeamId: z.string().min(1),
  UserRoleId: z.string().min(1),
  SpaceId: z.string().nullish(),
  ProjectIds: ids,
  ProjectGroupIds: ids,
  EnvironmentIds: ids,
  TenantIds: ids,
});

export const userSchema = z.looseObject({
  Username: name,
  DisplayName: z.string().trim().default(''),
  EmailAddress: z.string().nullish(),
  IsActive: z.boolean().default(true),
  IsService: z.boolean().default(false),
  Password: z.string().min(8, 'has at least 8 characters').nullish(),
});
