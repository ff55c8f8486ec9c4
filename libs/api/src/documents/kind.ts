import { type PermissionName } from './permission-name.ts';
import { z } from 'zod';

/** A collection of documents as the wire has it: one declaration for checks, spelling, storage and OpenAPI. */
export interface DocumentKind<S extends z.ZodObject = z.ZodObject> {
  /** Last part of its path, and the name of the collection in the database: `machinepolicies`. */
  readonly kind: string;
  /** First part of its ids. */
  readonly prefix: string;
  readonly itemType: string;
  readonly scope: 'space' | 'system';
  /** Members under their wire names, with defaults. Members that it does not name are kept as they came. */
  readonly schema: S;
  /** Members that are written and never read: on the wire `{HasValue, NewValue, Hint}` (rest.md 1.5). */
  readonly secrets: (members: Readonly<Record<string, unknown>>) => readonly string[];
  readonly permissions: {
    readonly view: PermissionName;
    readonly create: PermissionName;
    readonly edit: PermissionName;
    readonly remove: PermissionName;
  };
}

export function documentKind<S extends z.ZodObject>(kind: DocumentKind<S>): DocumentKind<S> {
  return kind;
}

/** Written as a text, or as Octopus writes it; read as {HasValue, NewValue: null}. */
export const sensitive = z
  .union([
    z.string(),
    z.null(),
    z.looseObject({ HasValue: z.boolean().optional(), NewValue: z.string().nullish(), Hint: z.string().nullish() }),
  ])
  .optional()
  .meta({ sensitive: true, description: 'written and never read' });

/** `[d.]hh:mm:ss[.f]`, as .NET writes a time span (rest.md 1.5). */
export const timeSpan = z.string().regex(/^(\d+\.)?\d{1,2}:\d{2}:\d{2}(\.\d{1,7})?$/, 'is a time span like 00:05:00');
export const name = z.string().trim().min(1).max(200);
