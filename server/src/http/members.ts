/** A member of a stored document or endpoint: only a text can be shown or compared. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
