import { type AnyShape, shapes } from '@octo/api';

const { anything, bool, each, instant, int, leaf, list, nullable, oneOf, optional, str, strMap } = shapes;
const none = leaf<null>({ type: 'null' });
/** What octo has none of, and clients expect. */
const empty = leaf<readonly never[]>({ type: 'array', maxItems: 0 });

// Answers whose handlers write them as the wire has them: a shape of wire names for each, held against every answer of
// the tests.

/** server/src/http/events.ts */
export const EVENT: AnyShape = {
  ...each(str, 'Id', 'Category', 'UserId', 'Username', 'IdentityEstablishedWith', 'Message', 'MessageHtml'),
  ...each(nullable(str), 'SpaceId', 'IpAddress', 'UserAgent'),
  IsService: bool,
  Occurred: instant,
  MessageReferences: empty,
  RelatedDocumentIds: list(str),
  Comments: none,
  Details: none,
  ChangeDetails: {
    DocumentContext: each(str, 'Id', 'Type'),
    Differences: list({ Path: str, ...each(optional(anything), 'Before', 'After') }),
  },
  Links: strMap,
};
export const EVENT_GROUPS: AnyShape = list({ ...each(str, 'Id', 'Name'), EventCategories: list(str) });

/** server/src/http/teams.ts */
export const USER_ROLE: AnyShape = {
  ...each(str, 'Id', 'Name', 'Description'),
  CanBeDeleted: bool,
  ...each(list(str), 'GrantedSpacePermissions', 'GrantedSystemPermissions'),
  SupportedRestrictions: empty,
  ...each(list(str), 'SpacePermissionDescriptions', 'SystemPermissionDescriptions'),
  Links: strMap,
};
export const SCOPED_USER_ROLE: AnyShape = {
  ...each(str, 'Id', 'TeamId', 'UserRoleId'),
  SpaceId: nullable(str),
  ...each(list(str), 'ProjectIds', 'ProjectGroupIds', 'EnvironmentIds', 'TenantIds'),
  Links: strMap,
};

/** server/src/http/permissions.ts */
const TEAM_OF_USER = {
  ...each(str, 'Id', 'Name'),
  SpaceId: none,
  IsDirectlyAssigned: bool,
  ExternalSecurityGroups: empty,
};
export const TEAMS_OF_USER: AnyShape = list(TEAM_OF_USER);
export const USER_PERMISSIONS: AnyShape = {
  Id: str,
  SpacePermissions: leaf<object>({
    type: 'object',
    description: 'for each permission, in which spaces',
    additionalProperties: { type: 'array', items: { type: 'object', required: ['SpaceId'] } },
  }),
  SystemPermissions: list(str),
  Teams: list(TEAM_OF_USER),
  ...each(bool, 'IsPermissionsComplete', 'IsTeamsComplete'),
  Links: strMap,
};

/** server/src/http/api-keys.ts */
const ownKey = { ...each(str, 'Id', 'UserId', 'Purpose'), Created: instant, Expires: nullable(instant), Links: strMap };
export const API_KEY: AnyShape = { ...ownKey, ApiKey: { HasValue: bool, NewValue: none, Hint: str } };
/** The one answer that shows the key itself (R233). */
export const NEW_API_KEY: AnyShape = { ...ownKey, ApiKey: str };

/** server/src/http/sign-in.ts */
export const AUTHENTICATION: AnyShape = {
  AuthenticationProviders: list({ ...each(str, 'Name', 'IdentityType'), FormsLoginEnabled: bool, Links: strMap }),
  AnyAuthenticationProvidersSupportPasswordManagement: bool,
  Links: strMap,
};

/** server/src/http/leases.ts */
export const LEASE: AnyShape = {
  ...each(str, 'Id', 'Name', 'WorkerId', 'ServerTaskId', 'SpaceId'),
  TakenAt: instant,
  Exclusive: bool,
  Links: strMap,
};

/** server/src/http/pool-summary.ts */
const counts = shapes.intMap;
export const TOTALS = {
  ...each(int, 'TotalMachines', 'TotalDisabledMachines'),
  ...each(counts, 'MachineHealthStatusSummaries', 'MachineEndpointSummaries'),
  TentacleUpgradesRequired: bool,
  ...each(empty, 'MachineIdsForCalamariUpgrade', 'MachineIdsForTentacleUpgrade'),
};

/** server/src/http/workers.ts */
export const CONNECTION: AnyShape = {
  ...each(str, 'MachineId', 'Status'),
  CurrentTentacleVersion: nullable(str),
  LastChecked: nullable(instant),
  Logs: list({ Category: oneOf('Info', 'Warning'), OccurredAt: instant, MessageText: str, Detail: none, Number: int }),
  Connections: list({ NodeId: str, Since: instant }),
  LastSeen: nullable(instant),
  Links: strMap,
};

/** server/src/http/discover.ts */
export const DISCOVERED: AnyShape = {
  ...each(str, 'SpaceId', 'Name', 'HealthStatus'),
  WorkerPoolIds: empty,
  IsDisabled: bool,
  Endpoint: shapes.anyMap,
  Links: strMap,
};

/** server/src/http/octo/join-tokens.ts */
export const JOIN_TOKEN: AnyShape = {
  ...each(str, 'Id', 'Name', 'SpaceId', 'MachinePolicyId', 'CreatedBy'),
  WorkerPoolIds: list(str),
  Expires: instant,
  Count: int,
  State: oneOf('Good', 'UsedUp', 'Expired'),
  Joined: list({ WorkerId: str, At: instant }),
  Links: strMap,
};
/** The one answer that shows the token itself. */
export const NEW_JOIN_TOKEN: AnyShape = { ...JOIN_TOKEN, Token: str };

/** server/src/http/octo/join.ts */
export const JOINED: AnyShape = {
  ...each(str, 'WorkerId', 'WorkerName', 'SpaceId', 'ServerThumbprint', 'Uri'),
  CommsPort: nullable(int),
};

/** server/src/http/documents/kinds.ts */
export const ACCOUNT_USAGES: AnyShape = {
  ...each(empty, 'Targets', 'DeploymentProcesses', 'Releases', 'ProjectVariableSets'),
  Workers: list(each(str, 'WorkerId', 'WorkerName')),
  Links: strMap,
};

/** server/src/http/configuration.ts */
export const CERTIFICATE_CONFIGURATION: AnyShape = {
  ...each(str, 'Id', 'Name', 'Thumbprint', 'SignatureAlgorithm'),
  Links: strMap,
};
export const FEATURES: AnyShape = {
  Id: str,
  ...each(bool, 'IsBuiltInWorkerEnabled', 'IsCommunityActionTemplatesEnabled', 'IsConfigurationAsCodeEnabled'),
  ...each(bool, 'IsServiceMessageResourceCreationEnabled', 'IsHelpSidebarEnabled'),
  HelpSidebarSupportLink: nullable(str),
  Links: strMap,
};

/** server/src/http/server-status.ts */
export const SYSTEM_INFO: AnyShape = {
  ...each(str, 'Version', 'OSVersion', 'ClrVersion', 'Uptime'),
  ...each(int, 'WorkingSetBytes', 'ThreadCount', 'MinThreadPoolCount'),
  Links: strMap,
};
