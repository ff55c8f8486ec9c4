import { wireForm } from '../wire-form.ts';
import { bool, each, list, num, optional, str, strMap } from '../wire-shape.ts';

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
  ...each(optional(str), 'description', 'pool'),
  ...each(optional(num), 'timeoutSeconds', 'queueTimeoutSeconds'),
  actions: list({
    ...each(str, 'name', 'type'),
    properties: strMap,
    pool: optional(str),
    files: optional(list(each(str, 'name', 'contentBase64'))),
  }),
  variables: optional(list({ ...each(str, 'name', 'value'), sensitive: optional(bool) })),
});
