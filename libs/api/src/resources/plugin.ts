import { wireForm } from '../wire-form.ts';
import { each, int, list, nullable, str } from '../wire-shape.ts';

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
  ...each(str, 'name', 'version', 'root'),
  contract: int,
  brings: list(str),
  refused: nullable({ ...each(str, 'code', 'message'), hint: nullable(str) }),
});
