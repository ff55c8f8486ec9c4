import { InputError } from '@octo/kernel';
import { Flags } from '@oclif/core';
import { readFileSync } from 'node:fs';
import { withMember, withSets } from '../resources/set-path.ts';
import { timeSpan } from '../resources/time-span.ts';

type Members = Readonly<Record<string, unknown>>;

/** The common members of a machine policy; all others by --set. Source: rest.md 2.5, R109–R124. */
export const policyFlags = {
  description: Flags.string({ description: 'what it is for' }),
  default: Flags.boolean({ description: 'the policy of workers that name none' }),
  'connect-timeout': Flags.string({ description: 'longest wait for a connection, e.g. 1m' }),
  'connect-retries': Flags.integer({ description: 'most tries to connect, from 2', min: 2 }),
  'retry-sleep': Flags.string({ description: 'pause between two tries, e.g. 1s' }),
  'retry-time-limit': Flags.string({ description: 'longest time for all tries, e.g. 5m' }),
  'polling-timeout': Flags.string({ description: 'longest wait for a polling worker to call, e.g. 2m' }),
  'health-interval': Flags.string({ description: 'pause between two health checks, e.g. 1h, or never' }),
  'health-cron': Flags.string({
    description: 'instead of an interval: a cron expression, with or without seconds, e.g. "0 3 * * *"',
    exclusive: ['health-interval'],
  }),
  'health-zone': Flags.string({ description: 'time zone of the cron expression, e.g. Europe/Vienna [default: UTC]' }),
  'bash-script-file': Flags.string({
    description: 'health script for machines with bash; "" inherits the default policy’s',
  }),
  'powershell-script-file': Flags.string({
    description: 'health script for machines with PowerShell; "" inherits the default policy’s',
  }),
  'update-agents': Flags.boolean({
    description: 'agents of ours that are old are updated from the server',
    allowNo: true,
  }),
  'keep-files': Flags.string({ description: 'delete files on the machines older than this, e.g. 90d, or never' }),
  'call-retry': Flags.string({
    description: 'longest time in which a call that failed is made again, e.g. 150s, or never',
  }),
  'check-retry': Flags.string({ description: 'the same for calls of a health check' }),
  'health-type': Flags.string({
    description: 'what a health check does',
    options: ['RunScript', 'OnlyConnectivity'],
  }),
  'may-be-offline': Flags.boolean({ description: 'a worker that is offline is skipped, not a fault', allowNo: true }),
  'remove-after': Flags.string({ description: 'delete workers unavailable for so long, e.g. 1d, or never' }),
  set: Flags.string({ description: 'any member, as Path=value', multiple: true }),
};
export type PolicyFlags = Readonly<Record<string, unknown>>;

const SPANS: Readonly<Record<string, string>> = {
  'connect-timeout': 'ConnectionConnectTimeout',
  'retry-sleep': 'ConnectionRetrySleepInterval',
  'retry-time-limit': 'ConnectionRetryTimeLimit',
  'polling-timeout': 'PollingRequestQueueTimeout',
};
const PLAIN: Readonly<Record<string, string>> = {
  description: 'Description',
  default: 'IsDefault',
  'connect-retries': 'ConnectionRetryCountLimit',
  'health-type': 'MachineHealthCheckPolicy.HealthCheckType',
};

/** The policy with what the flags say; everything else stays. */
export function withPolicyFlags(policy: Members, flags: PolicyFlags): Members {
  const changes: [string, unknown][] = [];
  for (const [flag, path] of Object.entries(PLAIN)) if (flags[flag] !== undefined) changes.push([path, flags[flag]]);
  for (const [flag, path] of Object.entries(SPANS)) {
    const text = flags[flag];
    if (typeof text === 'string') changes.push([path, timeSpan(text, `--${flag}`)]);
  }
  const { 'health-interval': interval, 'may-be-offline': mayBeOffline, 'remove-after': removeAfter } = flags;
  if (typeof interval === 'string')
    changes.push(['MachineHealthCheckPolicy.HealthCheckInterval', orNever(interval, '--health-interval')]);
  if (typeof mayBeOffline === 'boolean') {
    const behaviour = mayBeOffline ? 'MayBeOfflineAndCanBeSkipped' : 'ExpectedToBeOnline';
    changes.push(['MachineConnectivityPolicy.MachineConnectivityBehavior', behaviour]);
  }
  if (typeof removeAfter === 'string') {
    const span = orNever(removeAfter, '--remove-after');
    const behaviour = span === null ? 'DoNotDelete' : 'DeleteUnavailableMachines';
    changes.push(['MachineCleanupPolicy.DeleteMachinesBehavior', behaviour]);
    if (span !== null) changes.push(['MachineCleanupPolicy.DeleteMachinesElapsedTimeSpan', span]);
  }
  changes.push(
    ...upkeepChanges(flags),
    ...scheduleChanges(policy, flags),
    ...scriptChanges(flags),
    ...retryChanges(flags),
  );
  const sets = Array.isArray(flags['set']) ? flags['set'].map(String) : [];
  return withSets(
    changes.reduce((so, [path, value]) => withMember(so, path.split('.'), value), policy),
    sets,
  );
}
type Changes = readonly [string, unknown][];
const HEALTH = 'MachineHealthCheckPolicy';

/** One of the two rules, never both (R92). */
function scheduleChanges(
  policy: Members,
  { 'health-cron': cron, 'health-zone': zone, 'health-interval': interval }: PolicyFlags,
): Changes {
  const changes: [string, unknown][] = [];
  if (typeof cron === 'string')
    changes.push([`${HEALTH}.HealthCheckCron`, cron], [`${HEALTH}.HealthCheckInterval`, null]);
  const had = (policy[HEALTH] as Members | undefined)?.['HealthCheckCron'];
  if (typeof interval === 'string' && had) changes.push([`${HEALTH}.HealthCheckCron`, null]);
  if (typeof zone === 'string') changes.push([`${HEALTH}.HealthCheckCronTimezone`, zone]);
  return changes;
}

function scriptChanges(flags: PolicyFlags): Changes {
  const changes: [string, unknown][] = [];
  for (const [flag, shell] of [
    ['bash-script-file', 'Bash'],
    ['powershell-script-file', 'PowerShell'],
  ] as const) {
    // prettier-ignore
    const file = flags[flag];
    if (typeof file !== 'string') continue;
    const body = file === '' ? null : readScript(file);
    changes.push([`${HEALTH}.${shell}HealthCheckPolicy`, { RunType: body === null ? 'InheritFromDefault' : 'Inline', ScriptBody: body }]); // prettier-ignore
  }
  return changes;
}
function readScript(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InputError('OCTO_CLI_FILE', `the health script cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function upkeepChanges({ 'update-agents': updates, 'keep-files': keep }: PolicyFlags): Changes {
  const changes: [string, unknown][] = [];
  if (typeof updates === 'boolean')
    changes.push(['MachineUpdatePolicy.TentacleUpdateBehavior', updates ? 'Update' : 'NeverUpdate']);
  if (typeof keep === 'string') changes.push(['OctoFileCleanupPolicy.KeepFilesDays', daysOf(keep)]);
  return changes;
}
/** Whole days; `never` is 0. */
function daysOf(text: string): number {
  if (text.toLowerCase() === 'never') return 0;
  const days = Number(/^(\d+)d$/i.exec(text)?.[1] ?? 0);
  if (days > 0) return days;
  throw new InputError('OCTO_CLI_TIME_SPAN', `--keep-files is days, like 90d, or never; not "${text}"`);
}

function retryChanges({ 'call-retry': call, 'check-retry': check }: PolicyFlags): Changes {
  const changes: [string, unknown][] = [];
  const path = 'MachineRpcCallRetryPolicy';
  if (typeof call === 'string') {
    const span = orNever(call, '--call-retry');
    changes.push([`${path}.Enabled`, span !== null]);
    if (span !== null) changes.push([`${path}.RetryDuration`, span]);
  }
  if (typeof check === 'string') changes.push([`${path}.HealthCheckRetryDuration`, timeSpan(check, '--check-retry')]);
  return changes;
}

function orNever(text: string, flag: string): string | null {
  return text.toLowerCase() === 'never' ? null : timeSpan(text, flag);
}
