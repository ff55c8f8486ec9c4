import { InputError } from '@octo/kernel';

/**
 * Secret members leave the others. A text is kept; `HasValue: false` and no new value deletes; null and `HasValue: true`
 * without a new one keep what is there (rest.md 1.5).
 */
export function splitSecrets(
  members: Readonly<Record<string, unknown>>,
  names: readonly string[],
): {
  readonly members: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string | null>>;
} {
  const rest: Record<string, unknown> = { ...members };
  const secrets: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(members)) {
    if (!isSecretForm(value) && !names.includes(name)) continue;
    delete rest[name];
    const change = readSecret(name, value);
    if (change === undefined) continue;
    if (!names.includes(name))
      throw new InputError('OCTO_API_SECRET', `${name} is no secret of this type`, { hint: 'leave it out' });
    secrets[name] = change;
  }
  return { members: rest, secrets };
}

function readSecret(name: string, value: unknown): string | null | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string') return value;
  if (!isSecretForm(value))
    throw new InputError('OCTO_API_SECRET', `${name} is neither a text nor {HasValue, NewValue}`);
  if (typeof value.NewValue === 'string') return value.NewValue;
  return value.HasValue === false ? null : undefined;
}

function isSecretForm(value: unknown): value is { readonly HasValue?: unknown; readonly NewValue?: unknown } {
  return typeof value === 'object' && value !== null && ('HasValue' in value || 'NewValue' in value);
}
