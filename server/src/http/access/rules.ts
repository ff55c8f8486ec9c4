import { PERMISSIONS, type PermissionName } from '@octo/plane';

/**
 * What a route asks for. `anonymous`: nothing; `anyone`: to be signed in. Else one of the permissions, in the space of
 * the request, or of the task that it names (`task`), or anywhere at all (`somewhere`: the route itself then shows only
 * what the asker may see).
 */
export type Rule =
  | 'anonymous'
  | 'anyone'
  | {
      readonly need: readonly PermissionName[];
      readonly where: 'space' | 'system' | 'task' | 'somewhere';
    };

const space = (...need: readonly PermissionName[]): Rule => ({ need, where: 'space' });
const system = (...need: readonly PermissionName[]): Rule => ({ need, where: 'system' });
const task = (...need: readonly PermissionName[]): Rule => ({ need, where: 'task' });
const somewhere = (...need: readonly PermissionName[]): Rule => ({ need, where: 'somewhere' });

/** Who can add or edit workers: the newer rule and the older one (R230). */
const WORKER_EDIT = ['WorkerEdit', 'ConfigureServer'] as const;

/** Every route has its line; one without makes the server refuse to start. Source: R47, R230, rest.md 1.3. */
export const RULES: Readonly<Record<string, Rule>> = {
  'GET /api': 'anonymous',
  'GET /api/octo/space-root/:id': 'anyone',
  'GET /api/serverstatus/health': 'anonymous',
  'GET /api/authentication': 'anonymous',
  'POST /api/authentication/checklogininitiated': 'anonymous',
  'POST /api/users/login': 'anonymous',
  'POST /api/users/logout': 'anonymous',
  'GET /api/octo/openapi.json': 'anonymous',

  'GET /api/users/me': 'anyone',
  'GET /api/users/:id/spaces': 'anyone', // one's own, or with UserView
  'GET /api/users/:id/teams': 'anyone',
  'GET /api/users/:id/permissions': 'anyone',
  'GET /api/users/:id/permissions/configuration': 'anyone',
  'GET /api/users/:id/apikeys': 'anyone',
  'POST /api/users/:id/apikeys': 'anyone',
  'GET /api/users/:id/apikeys/:keyId': 'anyone',
  'DELETE /api/users/:id/apikeys/:keyId': 'anyone',
  'GET /api/users/:id': 'anyone',
  'GET /api/users': system('UserView'),
  'GET /api/users/all': system('UserView'),
  'POST /api/users': system('UserEdit'),
  'PUT /api/users/:id': 'anyone', // one's own password; the rest with UserEdit
  'DELETE /api/users/:id': system('UserEdit'),
  'GET /api/userroles': system('UserRoleView', 'TeamView'),
  'GET /api/userroles/all': system('UserRoleView', 'TeamView'),
  'GET /api/userroles/:id': system('UserRoleView', 'TeamView'),
  'GET /api/permissions/all': 'anyone',
  'GET /api/teams/:id/scopeduserroles': somewhere('TeamView'),
  'GET /api/scopeduserroles': somewhere('TeamView'),
  'GET /api/scopeduserroles/:id': somewhere('TeamView'),
  'POST /api/scopeduserroles': somewhere('TeamEdit'),
  'DELETE /api/scopeduserroles/:id': somewhere('TeamEdit'),

  'GET /api/spaces': 'anyone', // those that one may see
  'GET /api/spaces/all': 'anyone',
  'GET /api/spaces/:id': 'anyone',
  'POST /api/spaces': system('SpaceCreate'),
  'PUT /api/spaces/:id': system('SpaceEdit'),
  'DELETE /api/spaces/:id': system('SpaceDelete'),

  'GET /api/capabilities': 'anyone',
  'GET /api/serverstatus': 'anyone',
  'GET /api/serverstatus/system-info': 'anyone',
  'GET /api/serverstatus/timezones': 'anyone',
  'GET /api/octopusservernodes': 'anyone',
  'GET /api/octopusservernodes/all': 'anyone',
  'GET /api/octopusservernodes/ping': 'anyone',
  'GET /api/octopusservernodes/summary': 'anyone',
  'GET /api/octopusservernodes/:id': 'anyone',
  'GET /api/octopusservernodes/:id/details': 'anyone',
  'PUT /api/octopusservernodes/:id': system('AdministerSystem', 'ConfigureServer'),
  'DELETE /api/octopusservernodes/:id': system('AdministerSystem', 'ConfigureServer'),
  'GET /api/configuration/certificates': 'anyone',
  'GET /api/configuration/certificates/:id': 'anyone',
  'GET /api/configuration/certificates/:id/public-cer': 'anyone',
  'GET /api/featuresconfiguration': 'anyone',
  'PUT /api/featuresconfiguration': system('ConfigureServer'),
  'GET /api/configuration/feature-toggles': 'anyone',
  'GET /api/events': somewhere('EventView'),
  'GET /api/events/:id': somewhere('EventView'),
  'GET /api/events/categories': 'anyone',
  'GET /api/events/groups': 'anyone',
  'GET /api/events/agents': 'anyone',
  'GET /api/events/documenttypes': 'anyone',

  'GET /api/tasks': somewhere('TaskView'),
  'POST /api/tasks': space('TaskCreate'),
  'GET /api/tasks/taskTypes': 'anyone',
  'GET /api/tasks/:id': task('TaskView'),
  'GET /api/tasks/:id/details': task('TaskViewLog', 'TaskView'),
  'GET /api/tasks/:id/raw': task('TaskViewLog'),
  'GET /api/tasks/:id/queued-behind': task('TaskView'),
  'POST /api/tasks/:id/cancel': task('TaskCancel'),
  'POST /api/tasks/:id/rerun': task('TaskCreate'),
  'POST /api/tasks/rerun/:id': task('TaskCreate'),
  'POST /api/tasks/:id/state': task('TaskEdit'),

  'GET /api/workers': space('WorkerView'),
  'GET /api/workers/all': space('WorkerView'),
  'GET /api/workers/discover': space(...WORKER_EDIT),
  'GET /api/workers/operatingsystem/names/all': space('WorkerView'),
  'GET /api/workers/operatingsystem/shells/all': space('WorkerView'),
  'GET /api/workers/:id': space('WorkerView'),
  'GET /api/workers/:id/connection': space('WorkerView'),
  'GET /api/workers/:id/tasks': space('WorkerView'),
  'POST /api/workers': space(...WORKER_EDIT),
  'PUT /api/workers/:id': space(...WORKER_EDIT),
  'DELETE /api/workers/:id': space(...WORKER_EDIT),
  'GET /api/workertaskleases': space('WorkerView'),
  'GET /api/machineroles/all': 'anyone',

  'GET /api/workerpools': space('ProcessView', 'WorkerView'), // names of pools are for all who see processes (R47)
  'GET /api/workerpools/all': space('ProcessView', 'WorkerView'),
  'GET /api/workerpools/:id': space('ProcessView', 'WorkerView'),
  'GET /api/workerpools/:id/workers': space('WorkerView'),
  'GET /api/workerpools/summary': space('WorkerView'),
  'GET /api/workerpools/supportedtypes': 'anyone',
  'GET /api/workerpools/dynamicworkertypes': 'anyone',
  'PUT /api/workerpools/sortorder': space(...WORKER_EDIT),
  'POST /api/workerpools': space(...WORKER_EDIT),
  'PUT /api/workerpools/:id': space(...WORKER_EDIT),
  'DELETE /api/workerpools/:id': space(...WORKER_EDIT),
  'GET /api/machinepolicies/template': space('MachinePolicyView'),
  'GET /api/machinepolicies/:id/workers': space('WorkerView'),
  'GET /api/machinepolicies/:id/machines': space('WorkerView'),
  'GET /api/accounts/:id/usages': space('AccountView'),

  'POST /api/octo/runs': space('TaskCreate'),
  'GET /api/octo/tasks/:id': task('TaskView'),
  'GET /api/octo/tasks/:id/explain': task('TaskView'),
  'GET /api/octo/tasks/:id/log': task('TaskViewLog'),
  'GET /api/octo/artifacts/:id': somewhere('ArtifactView'),
  'GET /api/octo/builtin-workers': space('ProcessView', 'WorkerView'),
  'GET /api/octo/worker-conditions': space('WorkerView'),
  'DELETE /api/octo/workers/:id/strays': space(...WORKER_EDIT),
  'GET /api/octo/nodes': 'anyone',
  'PUT /api/octo/nodes/:id': system('AdministerSystem', 'ConfigureServer'),
  'GET /api/octo/plugins': 'anyone',
  'GET /api/octo/settings': 'anyone',
  'PUT /api/octo/settings': system('ConfigureServer'),
  'GET /api/octo/styles': 'anyone',
  'GET /api/octo/join-tokens': space(...WORKER_EDIT),
  'POST /api/octo/join-tokens': space(...WORKER_EDIT),
  'DELETE /api/octo/join-tokens/:id': space(...WORKER_EDIT),
  'POST /api/octo/join': 'anonymous', // but for the token in its body
};

/** Rules of the collections of documents come with their declaration. */
export function documentRules(
  kind: string,
  permissions: { readonly view: string; readonly create: string; readonly edit: string; readonly remove: string },
  scope: 'space' | 'system',
): Readonly<Record<string, Rule>> {
  const rule = (name: string): Rule => ({ need: [known(name)], where: scope });
  const at = `/api/${kind}`;
  return {
    [`GET ${at}`]: rule(permissions.view),
    [`GET ${at}/all`]: rule(permissions.view),
    [`GET ${at}/:id`]: rule(permissions.view),
    [`POST ${at}`]: rule(permissions.create),
    [`PUT ${at}/:id`]: rule(permissions.edit),
    [`DELETE ${at}/:id`]: rule(permissions.remove),
  };
}

function known(name: string): PermissionName {
  if (name in PERMISSIONS) return name as PermissionName; // the line checks it
  throw new Error(`${name} is no permission`);
}
