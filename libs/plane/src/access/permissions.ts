/** Where a permission counts: in a space, for the whole installation, or both. Source of the names: rest.md 2.1. */
interface Permission {
  readonly description: string;
  readonly at: 'space' | 'system' | 'both';
}
const space = (description: string): Permission => ({ description, at: 'space' });
const system = (description: string): Permission => ({ description, at: 'system' });
const both = (description: string): Permission => ({ description, at: 'both' });

/** What somebody may be allowed to do, under Octopus's names (rest.md 2.1, R230). */
export const PERMISSIONS = {
  AdministerSystem: system('Everything that concerns the whole installation'),
  ConfigureServer: system('Settings of the server: features, nodes, the built-in worker'),
  SpaceCreate: system('Add spaces'),
  SpaceDelete: system('Delete spaces'),
  SpaceEdit: system('Change spaces'),
  SpaceView: system('See all spaces'),
  UserEdit: system('Add, change and delete users and their API keys'),
  UserView: system('See users'),
  UserRoleEdit: system('Change user roles'),
  UserRoleView: system('See user roles'),
  TeamCreate: both('Add teams'),
  TeamDelete: both('Delete teams'),
  TeamEdit: both('Change teams and their roles'),
  TeamView: both('See teams'),
  EventView: both('See the audit'),
  TaskCancel: both('Cancel tasks'),
  TaskCreate: both('Start tasks'),
  TaskEdit: both('Set the state of tasks'),
  TaskPrioritize: both('Move tasks to the top of the queue'),
  TaskView: both('See tasks'),
  TaskViewLog: both('See the logs of tasks'),
  WorkerEdit: space('Add, change and delete workers and worker pools'),
  WorkerView: space('See workers, their health and leases'),
  MachinePolicyCreate: space('Add machine policies'),
  MachinePolicyDelete: space('Delete machine policies'),
  MachinePolicyEdit: space('Change machine policies'),
  MachinePolicyView: space('See machine policies'),
  AccountCreate: space('Add accounts'),
  AccountDelete: space('Delete accounts'),
  AccountEdit: space('Change accounts'),
  AccountView: space('See accounts'),
  ProxyCreate: space('Add proxies'),
  ProxyDelete: space('Delete proxies'),
  ProxyEdit: space('Change proxies'),
  ProxyView: space('See proxies'),
  CertificateCreate: space('Add certificates'),
  CertificateDelete: space('Delete certificates'),
  CertificateEdit: space('Change certificates'),
  CertificateView: space('See certificates'),
  ArtifactView: space('Download artifacts'),
  ArtifactDelete: space('Delete artifacts'),
  ProcessView: space('See processes'),
  ProcessEdit: space('Change processes'),
  DeploymentCreate: space('Deploy'),
  DeploymentView: space('See deployments'),
} as const satisfies Readonly<Record<string, Permission>>;

export type PermissionName = keyof typeof PERMISSIONS;
export const PERMISSION_NAMES = Object.keys(PERMISSIONS) as readonly PermissionName[];

export function countsIn(name: PermissionName, where: 'space' | 'system'): boolean {
  const { at } = PERMISSIONS[name];
  return at === 'both' || at === where;
}

/** A built-in user role (R231). Custom roles are a later matter; these cannot be changed. */
export interface UserRole {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly PermissionName[];
}

const inSpace = PERMISSION_NAMES.filter((name) => countsIn(name, 'space'));
const ofSystem = PERMISSION_NAMES.filter((name) => countsIn(name, 'system'));
const views = inSpace.filter((name) => name.endsWith('View') || name === 'TaskViewLog');
const without = (...names: readonly PermissionName[]) => ofSystem.filter((name) => !names.includes(name));

export const USER_ROLES: readonly UserRole[] = [
  {
    id: 'userroles-systemadministrator',
    name: 'System administrator',
    description: 'May do everything in the whole installation, and give everybody every right',
    permissions: PERMISSION_NAMES,
  },
  {
    id: 'userroles-systemmanager',
    name: 'System manager',
    description: 'Runs the installation without administering it: spaces, users, settings of the server',
    permissions: without('AdministerSystem'),
  },
  {
    id: 'userroles-spacemanager',
    name: 'Space manager',
    description: 'May do everything in a space',
    permissions: inSpace,
  },
  {
    id: 'userroles-environmentmanager',
    name: 'Environment manager',
    description: 'Keeps workers, pools, machine policies, accounts and proxies of a space',
    permissions: inSpace.filter((name) => !name.startsWith('Team') && !/^(Process|Deployment)/.test(name)),
  },
  {
    id: 'userroles-environmentviewer',
    name: 'Environment viewer',
    description: 'Sees workers, pools, machine policies and tasks of a space',
    permissions: [
      'WorkerView',
      'MachinePolicyView',
      'ProxyView',
      'AccountView',
      'TaskView',
      'TaskViewLog',
      'ProcessView',
    ],
  },
  {
    id: 'userroles-projectdeployer',
    name: 'Project deployer',
    description: 'Starts and cancels tasks of a space and reads their logs',
    permissions: [
      'TaskCreate',
      'TaskCancel',
      'TaskView',
      'TaskViewLog',
      'ProcessView',
      'DeploymentCreate',
      'DeploymentView',
      'ArtifactView',
    ],
  },
  {
    id: 'userroles-projectviewer',
    name: 'Project viewer',
    description: 'Sees tasks of a space and their logs',
    permissions: ['TaskView', 'TaskViewLog', 'ProcessView', 'DeploymentView', 'ArtifactView'],
  },
  {
    id: 'userroles-auditor',
    name: 'Auditor',
    description: 'Sees everything in a space, and changes nothing',
    permissions: views,
  },
];
