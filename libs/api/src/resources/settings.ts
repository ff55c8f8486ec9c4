import { wireForm } from '../wire-form.ts';
import { bool, num, optional } from '../wire-shape.ts';

export interface SettingsResource {
  /** The switch of the built-in worker (R12). */
  readonly isBuiltInWorkerEnabled: boolean;
  /** Bytes of artifacts are deleted after so many days; 0 = never. Default 30. */
  readonly artifactKeepDays?: number;
}
export const settingsForm = wireForm<SettingsResource>({
  isBuiltInWorkerEnabled: bool,
  artifactKeepDays: optional(num),
});
