import { wireForm } from '../wire-form.ts';
import { each, anything, bool, list, nullable, str, strMap } from '../wire-shape.ts';
import { type Links } from './collection.ts';

/** What our client reads of a worker. Source: rest.md 2.3. */
export interface WorkerResource {
  readonly id: string;
  readonly spaceId: string;
  readonly name: string;
  readonly slug: string;
  readonly workerPoolIds: readonly string[];
  readonly machinePolicyId: string;
  readonly isDisabled: boolean;
  /** Healthy, HasWarnings, Unhealthy, Unavailable or Unknown; another word breaks a client's whole list (rest.md 1.10). */
  readonly healthStatus: string;
  readonly statusSummary: string;
  /** Members beside the style keep their wire names (`Uri`, `Thumbprint`): they belong to the transport. */
  readonly endpoint: Readonly<Record<string, unknown>> & { readonly communicationStyle: string };
}

/** The whole of it, as official clients want it. */
export interface OctopusWorker extends WorkerResource {
  /** The older word for health: Online, Offline, Unknown, NeedsUpgrade, CalamariNeedsUpgrade or Disabled. */
  readonly status: string;
  readonly hasLatestCalamari: boolean;
  readonly isInProcess: boolean;
  readonly operatingSystem: string;
  readonly shellName: string;
  readonly shellVersion: string;
  readonly operatingSystemVersion: string | null;
  readonly architecture: string | null;
  /** Written, never kept: always false when read. */
  readonly skipInitialHealthCheck: boolean;
  readonly thumbprint: string | null;
  readonly uri: string | null;
  readonly links: Links;
}
export const workerForm = wireForm<OctopusWorker>({
  ...each(str, 'id', 'spaceId', 'name', 'slug', 'machinePolicyId', 'healthStatus', 'status', 'statusSummary'),
  ...each(str, 'operatingSystem', 'shellName', 'shellVersion'),
  ...each(bool, 'isDisabled', 'hasLatestCalamari', 'isInProcess', 'skipInitialHealthCheck'),
  workerPoolIds: list(str),
  ...each(nullable(str), 'thumbprint', 'uri', 'operatingSystemVersion', 'architecture'),
  endpoint: { communicationStyle: str, '*': anything },
  links: strMap,
});
