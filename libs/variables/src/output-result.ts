import { type OutputLine, type ToolFailure } from '@octo/kernel';
import { type ServiceMessage } from './service-message.ts';

/** Categories that script output can get (calamari.md 2.3), in their wire spelling. */
export type OutputCategory = 'Verbose' | 'Info' | 'Highlight' | 'Wait' | 'Warning' | 'Error';

/**
 * A line for people. `continues`: it was cut, and the next line of the same source is the rest of it, in the same
 * category; that rest always comes, if only as an empty text.
 */
export interface ShownLine {
  readonly kind: 'line';
  readonly source: OutputLine['source'];
  readonly category: OutputCategory;
  /** The worker's clock. */
  readonly atMs: number;
  readonly text: string;
  readonly continues: boolean;
}

export type OutputResult =
  | ShownLine
  | { readonly kind: 'setVariable'; readonly name: string; readonly value: string; readonly sensitive: boolean }
  | { readonly kind: 'createArtifact'; readonly path: string; readonly name: string }
  | { readonly kind: 'progress'; readonly percentage: number; readonly message: string }
  | { readonly kind: 'resultMessage'; readonly message: string; readonly failure?: ToolFailure }
  | { readonly kind: 'mask'; readonly value: string };
type Said = Exclude<OutputResult, ShownLine>;

/**
 * What a message asks for (calamari.md 2.2); undefined where it lacks what it needs and is ignored, `unknown` where
 * nobody understands it.
 */
export function understand({ name, attributes }: ServiceMessage): Said | 'unknown' | undefined {
  const get = (key: string) => attributes.get(key);
  switch (name) {
    case 'setVariable': {
      const [variable, value] = [get('name'), get('value')];
      if (variable === undefined || value === undefined || variable === '') return undefined;
      return { kind: 'setVariable', name: variable, value, sensitive: isTrue(get('sensitive')) };
    }
    case 'createArtifact': {
      const path = get('path');
      if (path === undefined || path === '') return undefined;
      return { kind: 'createArtifact', path, name: get('name') || (path.split(/[\\/]/).pop() ?? path) };
    }
    case 'progress': {
      const percentage = Number(get('percentage'));
      if (!Number.isFinite(percentage)) return undefined;
      return { kind: 'progress', percentage: Math.min(100, Math.max(0, percentage)), message: get('message') ?? '' };
    }
    case 'resultMessage': {
      const [message, code, hint] = [get('message') ?? '', get('code'), get('hint')];
      if (code === undefined) return { kind: 'resultMessage', message };
      return { kind: 'resultMessage', message, failure: { code, message, ...(hint !== undefined && { hint }) } };
    }
    case 'mask': {
      const value = get('value');
      return value ? { kind: 'mask', value } : undefined;
    }
    default:
      return 'unknown';
  }
}

/** Only `True` and `true` are true (calamari.md 2.2). */
function isTrue(text: string | undefined): boolean {
  return text === 'True' || text === 'true';
}
