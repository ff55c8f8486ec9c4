/**
 * Collections that octo does not have and clients list all the same: they are empty, not absent, for a list command of
 * theirs would fail as a whole (rest.md 7). Path, and what its items would be called.
 */
export const ABSENT = {
  machines: 'Machine',
  environments: 'Environment',
  'environments/v2': 'Environment',
  lifecycles: 'Lifecycle',
  channels: 'Channel',
  projectgroups: 'ProjectGroup',
  projects: 'Project',
  projecttriggers: 'ProjectTrigger',
  deploymentprocesses: 'DeploymentProcess',
  releases: 'Release',
  deployments: 'Deployment',
  runbooks: 'Runbook',
  runbookProcesses: 'RunbookProcess',
  runbookSnapshots: 'RunbookSnapshot',
  runbookRuns: 'RunbookRun',
  libraryvariablesets: 'LibraryVariableSet',
  actiontemplates: 'ActionTemplate',
  communityactiontemplates: 'CommunityActionTemplate',
  feeds: 'Feed',
  packages: 'Package',
  'package-metadata': 'PackageMetadata',
  'build-information': 'BuildInformation',
  artifacts: 'Artifact',
  interruptions: 'Interruption',
  tenants: 'Tenant',
  tagsets: 'TagSet',
  subscriptions: 'Subscription',
  'git-credentials': 'GitCredential',
} as const;

/** Bare lists beside them. */
export const ABSENT_LISTS = ['machines/operatingsystem/names/all', 'machines/operatingsystem/shells/all'];

/** Settings and states that clients only look at (rest.md 2.2). */
export const PASSING: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  maintenanceconfiguration: { Id: 'maintenance', IsInMaintenanceMode: false },
  performanceconfiguration: { Id: 'performance', DefaultDashboardRenderMode: 'VirtualizeColumns' },
  upgradeconfiguration: { Id: 'upgrade', NotificationMode: 'NeverShow' },
  serverconfiguration: { Id: 'server', ServerUri: null },
  'smtpconfiguration/isconfigured': { Id: 'smtp', IsConfigured: false },
  'licenses/licenses-current': { Id: 'licenses-current', LicenseText: 'Apache-2.0' },
  'licenses/licenses-current-status': { Id: 'licenses-current-status', IsCompliant: true, Limits: [], Messages: [] },
  'feeds/stats': { Id: 'feeds-stats', TotalPackages: 0 },
};
