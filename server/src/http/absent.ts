import { type FastifyInstance } from 'fastify';
import { pageOf, type Query } from './collections.ts';
import { envelope } from './documents/document-routes.ts';
import { notFound } from './errors.ts';
import { type Plane } from '../plane.ts';
import { spaceOfRequest } from './scope.ts';

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

export function absentRoutes(app: FastifyInstance, plane: Plane): void {
  const config = { rule: 'anyone' as const };
  for (const [path, itemType] of Object.entries(ABSENT)) {
    const at = `/api/${path}`;
    app.get(at, { config }, async (request) => {
      const space = await spaceOfRequest(plane, request.raw);
      return envelope(pageOf({ itemType, path: `/api/${space}/${path}`, query: request.query as Query }, []));
    });
    app.get(`${at}/all`, { config }, async () => []);
    if (path.includes('/')) continue;
    app.get(`${at}/:id`, { config }, async (request) => {
      throw notFound((request.params as { id: string }).id);
    });
  }
  for (const list of ['machines/operatingsystem/names/all', 'machines/operatingsystem/shells/all'])
    app.get(`/api/${list}`, { config }, async () => []);
  passing(app);
}

/** Settings and states that clients only look at (rest.md 2.2). */
function passing(app: FastifyInstance): void {
  const answer = (path: string, body: object) =>
    app.get(`/api/${path}`, { config: { rule: 'anyone' } }, async () => ({ ...body, Links: { Self: `/api/${path}` } }));
  answer('maintenanceconfiguration', { Id: 'maintenance', IsInMaintenanceMode: false });
  answer('performanceconfiguration', { Id: 'performance', DefaultDashboardRenderMode: 'VirtualizeColumns' });
  answer('upgradeconfiguration', { Id: 'upgrade', NotificationMode: 'NeverShow' });
  answer('serverconfiguration', { Id: 'server', ServerUri: null });
  answer('smtpconfiguration/isconfigured', { Id: 'smtp', IsConfigured: false });
  answer('licenses/licenses-current', { Id: 'licenses-current', LicenseText: 'Apache-2.0' });
  answer('licenses/licenses-current-status', {
    Id: 'licenses-current-status',
    IsCompliant: true,
    Limits: [],
    Messages: [],
  });
  answer('feeds/stats', { Id: 'feeds-stats', TotalPackages: 0 });
}
