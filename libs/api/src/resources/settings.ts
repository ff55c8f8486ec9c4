import { asIs, wireForm } from '../wire-form.ts';

export interface SettingsResource {
  /** The switch of the built-in worker (R12). */
  readonly isBuiltInWorkerEnabled: boolean;
}
export const settingsForm = wireForm<SettingsResource>(asIs('isBuiltInWorkerEnabled'));
