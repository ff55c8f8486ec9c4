/** Link templates of the root document, for what is served now (rest.md 1.9); more come with their resources. */
export const ROOT_LINKS: Readonly<Record<string, string>> = {
  Self: '/api',
  SpaceHome: '/api/{spaceId}',
  Spaces: '/api/spaces{/id}{?name,skip,ids,take,partialName}',
  Web: '/app',
  CurrentUser: '/api/users/me',
  Users: '/api/users{/id}{?skip,take,ids,filter}',
  SignIn: '/api/users/login{?returnUrl}',
  SignOut: '/api/users/logout',
  Authentication: '/api/authentication',
  LoginInitiated: '/api/authentication/checklogininitiated',
  Teams: '/api/teams{/id}{?skip,take,ids,partialName,spaces,includeSystem}',
  UserRoles: '/api/userroles{/id}{?skip,take,ids,partialName}',
  ScopedUserRoles: '/api/scopeduserroles{/id}{?skip,take,ids,partialName,spaces,includeSystem}',
  PermissionDescriptions: '/api/permissions/all',
  Permissions: '/api/permissions/all',
  Events:
    '/api/events{/id}{?skip,regarding,regardingAny,user,users,projects,projectGroups,environments,eventGroups,eventCategories,eventAgents,tags,tenants,from,to,internal,fromAutoId,toAutoId,documentTypes,asCsv,take,ids,spaces,includeSystem,excludeDifference}',
  EventCategories: '/api/events/categories{?appliesTo}',
  EventGroups: '/api/events/groups{?appliesTo}',
  EventAgents: '/api/events/agents',
  EventDocumentTypes: '/api/events/documenttypes',
  CertificateConfiguration: '/api/configuration/certificates{/id}{?skip,take,ids,partialName}',
  FeaturesConfiguration: '/api/featuresconfiguration',
  Timezones: '/api/serverstatus/timezones',
  Tasks:
    '/api/tasks{/id}{?skip,active,environment,tenant,runbook,project,name,node,running,states,hasPendingInterruptions,hasWarningsOrErrors,take,ids,partialName,spaces,includeSystem}',
  TaskTypes: '/api/tasks/taskTypes',
  ServerStatus: '/api/serverstatus',
  ServerHealthStatus: '/api/serverstatus/health',
  OctopusServerNodes: '/api/octopusservernodes{/id}{?skip,take,ids,partialName}',
  OctopusServerClusterSummary: '/api/octopusservernodes/summary',
};

export function spaceLinks(spaceId: string): Readonly<Record<string, string>> {
  const at = `/api/${spaceId}`;
  return {
    Self: at,
    Workers: `${at}/workers{/id}{?skip,take,name,ids,partialName,isDisabled,healthStatuses,commStyles,workerPoolIds,thumbprint,shellNames}`,
    DiscoverWorker: `${at}/workers/discover{?host,port,type,proxyId}`,
    WorkerOperatingSystems: `${at}/workers/operatingsystem/names/all`,
    WorkerShells: `${at}/workers/operatingsystem/shells/all`,
    WorkerPools: `${at}/workerpools{/id}{?name,skip,ids,take,partialName}`,
    WorkerPoolsSummary: `${at}/workerpools/summary{?ids,partialName,machinePartialName,isDisabled,healthStatuses,commStyles,hideEmptyWorkerPools,shellNames}`,
    WorkerPoolsSortOrder: `${at}/workerpools/sortorder`,
    WorkerPoolSortOrder: `${at}/workerpools/sortorder`,
    WorkerPoolsSupportedTypes: `${at}/workerpools/supportedtypes`,
    WorkerPoolsDynamicWorkerTypes: `${at}/workerpools/dynamicworkertypes`,
    WorkerTaskLeases: `${at}/workertaskleases{?skip,take}`,
    MachinePolicies: `${at}/machinepolicies{/id}{?skip,take,ids,partialName}`,
    MachinePolicyTemplate: `${at}/machinepolicies/template`,
    MachineRoles: `${at}/machineroles/all`,
    Proxies: `${at}/proxies{/id}{?skip,take,ids,partialName}`,
    Accounts: `${at}/accounts{/id}{?skip,take,ids,partialName,accountType}`,
    Certificates: `${at}/certificates{/id}{?skip,take,search,archived,tenant,firstResult,orderBy,ids,partialName}`,
  };
}
