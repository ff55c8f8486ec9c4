import { type Document } from '../model/document.ts';
import { type Documents } from '../ports-administration.ts';
import { spanMs } from '../workers/opening.ts';

/** What a machine policy says about health: read from the document, with what it inherits (R109-R117). */
export interface HealthPolicy {
  /** '' where the space has none. */
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly type: 'RunScript' | 'OnlyConnectivity';
  /** By the shell of the machine; '' runs nothing, undefined: connectivity only, for machines of that shell. */
  readonly scripts: { readonly bash: string | undefined; readonly powershell: string | undefined };
  readonly mayBeOffline: boolean;
  /** Workers that were unavailable for so long are deleted; undefined: never. */
  readonly deleteAfterMs?: number;
  /** Agents of ours are updated when a check finds them old (R104, R115). */
  readonly updatesAgents: boolean;
  /** Files on the machine that are older are deleted; undefined: they stay (R180). */
  readonly keepDays?: number;
  /** A call that fails in the middle of a check is made again for so long (R117). */
  readonly retryMs: number;
  readonly schedule: Schedule;
}
export type Schedule =
  | { readonly kind: 'interval'; readonly everyMs: number }
  | { readonly kind: 'cron'; readonly pattern: string; readonly zone: string }
  | { readonly kind: 'never' };

const HOUR_MS = 3_600_000;
const RETRY_MS = 150_000;
/** R180 */
const KEEP_FILES_DAYS = 90;

/** Less than 5 GB free on the disk of the work folder is worth a warning (R89); the text is ours. */
export const DEFAULT_POWERSHELL = `$drive = (Get-Item -LiteralPath (Get-Location)).PSDrive
if ($null -ne $drive -and $null -ne $drive.Free -and $drive.Free -lt 5GB) {
  Write-Warning ("Drive {0}: has {1:N1} GB free, which is less than 5 GB" -f $drive.Name, ($drive.Free / 1GB))
}`;

/** What others inherit: the scripts of the default policy of a space are its own (R89, R111). Bash has none. */
export const DEFAULT_POLICY = {
  IsDefault: true,
  MachineHealthCheckPolicy: {
    PowerShellHealthCheckPolicy: { RunType: 'Inline', ScriptBody: DEFAULT_POWERSHELL },
    BashHealthCheckPolicy: { RunType: 'Inline', ScriptBody: null },
  },
} as const;

type Members = Readonly<Record<string, unknown>>;

/** The policy of a worker; one that names none, or a policy that is gone, has the default one of its space (R108). */
export function healthPolicies(documents: Documents): (spaceId: string, policyId: string) => Promise<HealthPolicy> {
  const known = new Map<string, Promise<readonly Document[]>>();
  return async (spaceId, policyId) => {
    const list = known.get(spaceId) ?? documents.list('machinepolicies', spaceId);
    known.set(spaceId, list);
    const all = await list;
    const standard = all.find(({ members }) => members['IsDefault'] === true);
    const own = all.find((it) => it.id.toLowerCase() === policyId.toLowerCase()) ?? standard;
    return readPolicy(own, standard);
  };
}

export function readPolicy(own: Document | undefined, standard: Document | undefined): HealthPolicy {
  const members: Members = own?.members ?? {};
  const check = inner(members, 'MachineHealthCheckPolicy');
  const cleanup = inner(members, 'MachineCleanupPolicy');
  const retry = inner(members, 'MachineRpcCallRetryPolicy');
  const { KeepFilesDays } = inner(members, 'OctoFileCleanupPolicy');
  const keepDays = typeof KeepFilesDays === 'number' ? KeepFilesDays : KEEP_FILES_DAYS;
  const deletes = cleanup['DeleteMachinesBehavior'] === 'DeleteUnavailableMachines';
  const connectivity = inner(members, 'MachineConnectivityPolicy')['MachineConnectivityBehavior'];
  return {
    id: own?.id ?? '',
    name: own?.name ?? 'no machine policy',
    isDefault: own !== undefined && own.id === standard?.id,
    type: check['HealthCheckType'] === 'OnlyConnectivity' ? 'OnlyConnectivity' : 'RunScript',
    scripts: {
      bash: scriptOf('BashHealthCheckPolicy', members, standard?.members ?? {}, ''),
      powershell: scriptOf('PowerShellHealthCheckPolicy', members, standard?.members ?? {}, DEFAULT_POWERSHELL),
    },
    mayBeOffline: connectivity === 'MayBeOfflineAndCanBeSkipped',
    ...(deletes && { deleteAfterMs: spanMs(cleanup['DeleteMachinesElapsedTimeSpan']) ?? HOUR_MS }),
    updatesAgents: inner(members, 'MachineUpdatePolicy')['TentacleUpdateBehavior'] === 'Update',
    ...(keepDays > 0 && { keepDays }),
    retryMs: retry['Enabled'] === false ? 0 : (spanMs(retry['HealthCheckRetryDuration']) ?? RETRY_MS),
    schedule: scheduleOf(check),
  };
}

function inner(members: Members, name: string): Members {
  const value = members[name];
  return typeof value === 'object' && value !== null ? (value as Members) : {}; // any object may be read so
}

/** Its own text, or that of the default policy (R89, R111). */
function scriptOf(name: string, own: Members, standard: Members, preset: string): string | undefined {
  const of = (members: Members) => inner(inner(members, 'MachineHealthCheckPolicy'), name);
  const [mine, default_] = [of(own), of(standard)];
  const chosen = mine['RunType'] === 'Inline' || mine['RunType'] === 'OnlyConnectivity' ? mine : default_;
  if (chosen['RunType'] === 'OnlyConnectivity') return undefined;
  const body = chosen['ScriptBody'];
  return typeof body === 'string' && body.trim() !== '' ? body : preset;
}

function scheduleOf(check: Members): Schedule {
  const cron = check['HealthCheckCron'];
  const zone = check['HealthCheckCronTimezone'];
  if (typeof cron === 'string' && cron.trim() !== '')
    return { kind: 'cron', pattern: cron.trim(), zone: typeof zone === 'string' && zone !== '' ? zone : 'UTC' };
  const interval = check['HealthCheckInterval'];
  if (interval === null) return { kind: 'never' };
  const everyMs = spanMs(interval) ?? HOUR_MS;
  return everyMs > 0 ? { kind: 'interval', everyMs } : { kind: 'never' };
}
