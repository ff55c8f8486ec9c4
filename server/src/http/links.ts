/** Link templates of the root document, for what is served now (rest.md 1.9); more come with their resources. */
export const ROOT_LINKS: Readonly<Record<string, string>> = {
  Self: '/api',
  SpaceHome: '/api/{spaceId}',
  Spaces: '/api/spaces{/id}{?name,skip,ids,take,partialName}',
  CurrentUser: '/api/users/me',
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
    WorkerPools: `${at}/workerpools{/id}{?name,skip,ids,take,partialName}`,
  };
}
