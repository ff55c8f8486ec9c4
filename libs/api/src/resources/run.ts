import { asIs, wireForm } from '../wire-form.ts';

/** Body of POST /api/octo/runs. */
export interface RunRequest {
  readonly description?: string;
  readonly actions: readonly {
    readonly name: string;
    readonly type: string;
    readonly properties: Readonly<Record<string, string>>;
    readonly pool?: string;
    /** Laid beside its script, by path relative to the workspace. */
    readonly files?: readonly { readonly name: string; readonly contentBase64: string }[];
  }[];
  readonly variables?: readonly { readonly name: string; readonly value: string; readonly sensitive?: boolean }[];
  readonly pool?: string;
  /** Longest execution, in seconds. Default: none. */
  readonly timeoutSeconds?: number;
  /** Longest time in the queue, in seconds. Default: one day (R211). */
  readonly queueTimeoutSeconds?: number;
}
export const runRequestForm = wireForm<RunRequest>({
  ...asIs('description', 'pool', 'timeoutSeconds', 'queueTimeoutSeconds'),
  actions: [{ ...asIs('name', 'type', 'properties', 'pool'), files: [asIs('name', 'contentBase64')] }],
  variables: [asIs('name', 'value', 'sensitive')],
});
