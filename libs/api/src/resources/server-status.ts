import { asIs, wireForm } from '../wire-form.ts';
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
  ...asIs('isDatabaseEncrypted', 'isInMaintenanceMode', 'isMajorMinorUpgrade', 'isUpgradeAvailable'),
  ...asIs('isPotentialClone', 'maintenanceExpires', 'maximumAvailableVersion'),
  ...asIs('maximumAvailableVersionCoveredByLicense', 'links'),
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
  ...asIs('description', 'isOperatingNormally', 'isEntireClusterReadOnly', 'isEntireClusterDrainingTasks'),
  ...asIs('isCompliantWithLicense', 'links'),
});
