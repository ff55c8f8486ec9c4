import { z } from 'zod';
import { documentKind, name, timeSpan } from './kind.ts';

const shell = part({
  RunType: z.enum(['InheritFromDefault', 'Inline', 'OnlyConnectivity']).default('InheritFromDefault'),
  ScriptBody: z.string().nullable().default(null),
});

/** Source of members and defaults: R109–R124, rest.md 2.5. */
export const machinePolicySchema = z.looseObject({
  Name: name,
  Description: z.string().nullable().default(''),
  IsDefault: z.boolean().default(false),
  ConnectionConnectTimeout: timeSpan.default('00:01:00'),
  ConnectionRetryCountLimit: z.int().min(2).default(5),
  ConnectionRetrySleepInterval: timeSpan.default('00:00:01'),
  ConnectionRetryTimeLimit: timeSpan.default('00:05:00'),
  PollingRequestQueueTimeout: timeSpan.default('00:02:00'),
  PollingRequestMaximumMessageProcessingTimeout: timeSpan.default('00:10:00'),
  MachineHealthCheckPolicy: part({
    HealthCheckInterval: timeSpan.nullable().default('01:00:00'),
    HealthCheckCron: z.string().nullable().default(null),
    HealthCheckCronTimezone: z.string().nullable().default('UTC'),
    HealthCheckType: z.enum(['RunScript', 'OnlyConnectivity']).default('RunScript'),
    PowerShellHealthCheckPolicy: shell,
    BashHealthCheckPolicy: shell,
  }),
  MachineConnectivityPolicy: part({
    MachineConnectivityBehavior: z
      .enum(['ExpectedToBeOnline', 'MayBeOfflineAndCanBeSkipped'])
      .default('ExpectedToBeOnline'),
  }),
  MachineCleanupPolicy: part({
    DeleteMachinesBehavior: z.enum(['DoNotDelete', 'DeleteUnavailableMachines']).default('DoNotDelete'),
    DeleteMachinesElapsedTimeSpan: timeSpan.default('01:00:00'),
  }),
  MachineUpdatePolicy: part({
    CalamariUpdateBehavior: z
      .enum(['UpdateOnDeployment', 'UpdateOnNewMachine', 'UpdateAlways'])
      .default('UpdateOnDeployment'),
    TentacleUpdateBehavior: z.enum(['NeverUpdate', 'Update']).default('NeverUpdate'),
    TentacleUpdateAccountId: z.string().nullable().default(null),
    KubernetesAgentUpdateBehavior: z.enum(['NeverUpdate', 'Update', 'Block']).default('Update'),
  }),
  MachineRpcCallRetryPolicy: part({
    Enabled: z.boolean().default(true),
    RetryDuration: timeSpan.default('00:02:30'),
    HealthCheckRetryDuration: timeSpan.default('00:02:30'),
  }),
  /** Ours: files on the machine older than so many days are deleted; 0: never (R180). */
  OctoFileCleanupPolicy: part({ KeepFilesDays: z.int().min(0).default(90) }),
  MachinePackageCacheRetentionPolicy: part({
    Strategy: z.enum(['Default', 'Quantities']).default('Default'),
    QuantityOfPackagesToKeep: z.int().default(-1),
    PackageUnit: z.enum(['Items']).default('Items'),
    QuantityOfVersionsToKeep: z.int().default(5),
    VersionUnit: z.enum(['Items']).default('Items'),
  }),
});

export const MACHINE_POLICIES = documentKind({
  kind: 'machinepolicies',
  prefix: 'MachinePolicies',
  itemType: 'MachinePolicy',
  scope: 'space',
  schema: machinePolicySchema,
  secrets: () => [],
  permissions: {
    view: 'MachinePolicyView',
    create: 'MachinePolicyCreate',
    edit: 'MachinePolicyEdit',
    remove: 'MachinePolicyDelete',
  },
});

/** A part that is missing has the defaults; so has one that is null, as clients write what they do not set. */
function part<S extends z.ZodRawShape>(shape: S) {
  const members = z.looseObject(shape);
  return z.preprocess((given: z.input<typeof members> | null) => given ?? {}, members).prefault(null);
}
