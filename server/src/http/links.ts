// Link templates by which clients find everything (rest.md 1.8, 1.9). A client whose link is missing gives up on that
// service alone, so links are published for what octo does not have, too: those collections are empty (see absent.ts).

/** A name and a template in each line; `…` is the space's own root. */
const ROOT = `
Self /api
SpaceHome /api/{spaceId}
Web /app
Spaces /api/spaces{/id}{?name,skip,ids,take,partialName}
Users /api/users{/id}{?skip,take,ids,filter}
CurrentUser /api/users/me
SignIn /api/users/login{?returnUrl}
SignOut /api/users/logout
Register /api/users/register
Invitations /api/users/invitations
ExternalUserSearch /api/users/external-search{?partialName}
UserAuthentication /api/users/authentication{/userId}
UserIdentityMetadata /api/users/identity-metadata
Authentication /api/authentication
LoginInitiated /api/authentication/checklogininitiated
Teams /api/teams{/id}{?skip,take,ids,partialName,spaces,includeSystem}
TeamMembership /api/teammembership{?userId,spaces,includeSystem}
TeamMembershipPreviewTeam /api/teammembership/previewteam
UserRoles /api/userroles{/id}{?skip,take,ids,partialName}
ScopedUserRoles /api/scopeduserroles{/id}{?skip,take,ids,partialName,spaces,includeSystem}
PermissionDescriptions /api/permissions/all
Tasks /api/tasks{/id}{?skip,active,environment,tenant,runbook,project,name,node,running,states,hasPendingInterruptions,hasWarningsOrErrors,take,ids,partialName,spaces,includeSystem}
TaskTypes /api/tasks/taskTypes
Events /api/events{/id}{?skip,regarding,regardingAny,user,users,projects,projectGroups,environments,eventGroups,eventCategories,eventAgents,tags,tenants,from,to,internal,fromAutoId,toAutoId,documentTypes,asCsv,take,ids,spaces,includeSystem,excludeDifference}
EventCategories /api/events/categories{?appliesTo}
EventGroups /api/events/groups{?appliesTo}
EventAgents /api/events/agents
EventDocumentTypes /api/events/documenttypes
ServerStatus /api/serverstatus
ServerHealthStatus /api/serverstatus/health
Timezones /api/serverstatus/timezones
ExtensionStats /api/serverstatus/extensions
OctopusServerNodes /api/octopusservernodes{/id}{?skip,take,ids,partialName}
OctopusServerClusterSummary /api/octopusservernodes/summary
CertificateConfiguration /api/configuration/certificates{/id}{?skip,take,ids,partialName}
Configuration /api/configuration{/id}
FeaturesConfiguration /api/featuresconfiguration
MaintenanceConfiguration /api/maintenanceconfiguration
PerformanceConfiguration /api/performanceconfiguration
ServerConfiguration /api/serverconfiguration
ServerConfigurationSettings /api/serverconfiguration/settings
UpgradeConfiguration /api/upgradeconfiguration
LetsEncryptConfiguration /api/letsencryptconfiguration
RetentionDefaultConfiguration /api/retentiondefaultconfiguration
SmtpConfiguration /api/smtpconfiguration
SmtpIsConfigured /api/smtpconfiguration/isconfigured
CurrentLicense /api/licenses/licenses-current
CurrentLicenseStatus /api/licenses/licenses-current-status
CommunityActionTemplates /api/communityactiontemplates{/id}{?skip,take,ids}
AzureEnvironments /api/accounts/azureenvironments
BuiltInFeedStats /api/feeds/stats
CloudTemplate /api/cloudtemplate/{id}/metadata{?packageId,feedId}
WorkerToolsLatestImages /api/workertoolslatestimages
SystemInfo /api/serverstatus/system-info
Permissions /api/permissions/all`;

const SPACE = `
Workers …/workers{/id}{?skip,take,name,ids,partialName,isDisabled,healthStatuses,commStyles,workerPoolIds,thumbprint,shellNames}
DiscoverWorker …/workers/discover{?host,port,type,proxyId}
WorkerOperatingSystems …/workers/operatingsystem/names/all
WorkerShells …/workers/operatingsystem/shells/all
WorkerPools …/workerpools{/id}{?name,skip,ids,take,partialName}
WorkerPoolsSummary …/workerpools/summary{?ids,partialName,machinePartialName,isDisabled,healthStatuses,commStyles,hideEmptyWorkerPools,shellNames}
WorkerPoolsSortOrder …/workerpools/sortorder
WorkerPoolSortOrder …/workerpools/sortorder
WorkerPoolsSupportedTypes …/workerpools/supportedtypes
WorkerPoolsDynamicWorkerTypes …/workerpools/dynamicworkertypes
Machines …/machines{/id}{?skip,take,name,ids,partialName,roles,isDisabled,healthStatuses,commStyles,tenantIds,tenantTags,environmentIds,thumbprint,deploymentId,shellNames}
DiscoverMachine …/machines/discover{?host,port,type,proxyId}
MachineRoles …/machineroles/all
MachineOperatingSystems …/machines/operatingsystem/names/all
MachineShells …/machines/operatingsystem/shells/all
MachinePolicies …/machinepolicies{/id}{?skip,take,ids,partialName}
MachinePolicyTemplate …/machinepolicies/template
Proxies …/proxies{/id}{?skip,take,ids,partialName}
Environments …/environments{/id}{?name,skip,ids,take,partialName}
EnvironmentsSummary …/environments/summary{?ids,partialName,machinePartialName,roles,isDisabled,healthStatuses,commStyles,tenantIds,tenantTags,hideEmptyEnvironments,shellNames}
EnvironmentSortOrder …/environments/sortorder
Lifecycles …/lifecycles{/id}{?skip,take,ids,partialName}
Channels …/channels{/id}{?skip,take,ids,partialName}
VersionRuleTest …/channels/rule-test{?version,versionRange,preReleaseTag,feedType}
ProjectGroups …/projectgroups{/id}{?skip,take,ids,partialName}
Projects …/projects{/id}{?name,skip,ids,clone,take,partialName,clonedFromProjectId}
ProjectPulse …/projects/pulse{?projectIds}
ProjectsExperimentalSummaries …/projects/experimental/summaries{?ids}
ProjectTriggers …/projecttriggers{/id}{?skip,take,ids,runbooks}
DeploymentProcesses …/deploymentprocesses{/id}{?skip,take,ids}
Releases …/releases{/id}{?skip,ignoreChannelRules,take,ids}
Deployments …/deployments{/id}{?skip,take,ids,projects,environments,tenants,channels,taskState,partialName}
Runbooks …/runbooks{/id}{?skip,take,ids,partialName,clone,projectIds}
RunbookProcesses …/runbookProcesses{/id}{?skip,take,ids}
RunbookSnapshots …/runbookSnapshots{/id}{?skip,take,ids,publish}
RunbookRuns …/runbookRuns{/id}{?skip,take,ids,projects,environments,tenants,runbooks,taskState,partialName}
Variables …/variables{/id}{?ids}
VariableNames …/variables/names{?project,runbook,projectEnvironmentsFilter}
VariablePreview …/variables/preview{?project,runbook,environment,channel,tenant,action,machine,role}
LibraryVariables …/libraryvariablesets{/id}{?skip,contentType,take,ids,partialName}
ActionTemplates …/actiontemplates{/id}{?skip,take,ids,partialName}
ActionTemplatesCategories …/actiontemplates/categories
ActionTemplatesSearch …/actiontemplates/search
ActionTemplateLogo …/actiontemplates/{typeOrId}/logo{?cb}
ActionTemplateVersionedLogo …/actiontemplates/{typeOrId}/versions/{version}/logo{?cb}
Accounts …/accounts{/id}{?skip,take,ids,partialName,accountType}
Certificates …/certificates{/id}{?skip,take,search,archived,tenant,firstResult,orderBy,ids,partialName}
Feeds …/feeds{/id}{?skip,take,ids,partialName,feedType,name}
Packages …/packages{/id}{?nuGetPackageId,filter,latest,skip,take,includeNotes}
PackagesBulk …/packages/bulk{?ids}
PackageUpload …/packages/raw{?replace,overwriteMode}
PackageDeltaSignature …/packages/{packageId}/{version}/delta-signature
PackageDeltaUpload …/packages/{packageId}/{baseVersion}/delta{?replace,overwriteMode}
PackageNotesList …/packages/notes{?packageIds}
PackageMetadata …/package-metadata{/id}{?filter,latest,skip,take,overwriteMode}
BuildInformation …/build-information{/id}{?filter,packageId,latest,skip,take,overwriteMode}
BuildInformationBulk …/build-information/bulk{?ids}
Artifacts …/artifacts{/id}{?skip,take,regarding,ids,partialName,order}
Interruptions …/interruptions{/id}{?skip,take,regarding,pendingOnly,ids}
Tenants …/tenants{/id}{?skip,projectId,name,tags,take,ids,clone,partialName,clonedFromTenantId}
TenantsStatus …/tenants/status
TenantVariables …/tenantvariables/all{?projectId}
TenantTagTest …/tenants/tag-test{?tenantIds,tags}
TenantsMissingVariables …/tenants/variables-missing{?tenantId,projectId,environmentId,includeDetails}
TagSets …/tagsets{/id}{?skip,take,ids,partialName}
TagSetSortOrder …/tagsets/sortorder
Subscriptions …/subscriptions{/id}{?skip,take,ids,partialName,spaces}
Dashboard …/dashboard{?projectId,releaseId,selectedTenants,selectedTags,showAll,highestLatestVersionPerProjectAndEnvironment}
DashboardConfiguration …/dashboardconfiguration
DashboardDynamic …/dashboard/dynamic{?projects,environments,includePrevious}
UserOnboarding …/useronboarding
SpaceSearch /api/spaces/{id}/search{?keyword}
GitCredentials …/git-credentials{/id}{?skip,take,name}
WorkerTaskLeases …/workertaskleases{?skip,take}
BuiltInFeedStats …/feeds/stats
Tasks …/tasks{/id}{?skip,active,environment,tenant,runbook,project,name,node,running,states,hasPendingInterruptions,hasWarningsOrErrors,take,ids,partialName,spaces,includeSystem}
Events …/events{/id}{?skip,regarding,regardingAny,user,users,projects,projectGroups,environments,eventGroups,eventCategories,eventAgents,tags,tenants,from,to,internal,fromAutoId,toAutoId,documentTypes,asCsv,take,ids,spaces,includeSystem,excludeDifference}`;

const read = (lines: string): readonly (readonly [string, string])[] =>
  lines
    .trim()
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
const [rootLinks, linksOfSpaces] = [read(ROOT), read(SPACE)];

export const ROOT_LINKS: Readonly<Record<string, string>> = Object.fromEntries(rootLinks);

export function spaceLinks(spaceId: string): Readonly<Record<string, string>> {
  const at = `/api/${spaceId}`;
  const links = linksOfSpaces.map(([name, template]) => [
    name,
    template.replace(/^…/, at).replace('/spaces/{id}/', `/spaces/${spaceId}/`),
  ]);
  return { Self: at, ...Object.fromEntries(links) };
}
