import { wireForm } from '../wire-form.ts';
import { each, bool, instant, nullable, str, strMap } from '../wire-shape.ts';
import { type Links } from './collection.ts';

/** Source: rest.md 2.2. */
export interface ServerStatus {
  readonly isDatabaseEncrypted: boolean;
  readonly isInMaintenanceMode: boolean;
  readonly isMajorMinorUpgrade: boolean;
  readonly isUpgradeAvailable: boolean;
  readonly isPotentialClone: boolean;
  readonly maintenanceExpires: string | null;
  readonly maximumAvailableVersion: string | null;
  readonly maximumAvailableVersionCoveredByLicense: string | null;
  readonly links: Links;
}
export const serverStatusForm = wireForm<ServerStatus>({
  ...each(bool, 'isDatabaseEncrypted', 'isInMaintenanceMode', 'isMajorMinorUpgrade', 'isUpgradeAvailable'),
  isPotentialClone: bool,
  maintenanceExpires: nullable(instant),
  ...each(nullable(str), 'maximumAvailableVersion', 'maximumAvailableVersionCoveredByLicense'),
  links: strMap,
});

export interface ServerHealth {
  readonly description: string;
  readonly isOperatingNormally: boolean;
  readonly isEntireClusterReadOnly: boolean;
  readonly isEntireClusterDrainingTasks: boolean;
  readonly isCompliantWithLicense: boolean;
  readonly links: Links;
}
export const serverHealthForm = wireForm<ServerHealth>({
  description: str,
  ...each(bool, 'isOperatingNormally', 'isEntireClusterReadOnly', 'isEntireClusterDrainingTasks'),
  isCompliantWithLicense: bool,
  links: strMap,
});
