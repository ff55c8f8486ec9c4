import { asIs, wireForm } from '../wire-form.ts';

export interface PluginResource {
  readonly name: string;
  readonly version: string;
  readonly root: string;
  readonly contract: number;
  /** 'step Octopus.Script', 'transport None', 'scheduler least-leases' … */
  readonly brings: readonly string[];
  /** Why it was refused; null when it is loaded. */
  readonly refused: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
}
export const pluginForm = wireForm<PluginResource>({
  ...asIs('name', 'version', 'root', 'contract', 'brings'),
  refused: asIs('code', 'message', 'hint'),
});
