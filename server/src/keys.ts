import { createHash } from 'node:crypto';
import { type ApiKeys } from '@octo/plane';
import { randomWord } from './clock.ts';

const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** `API-` and 32 capitals and digits: official clients refuse anything else before they send it (rest.md 1.3). */
export function makeKey(): string {
  return `API-${randomWord(32, CAPITALS)}`;
}
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** At the first start: one key, given back once and stored as its hash. Later: nothing. */
export async function firstKey(keys: ApiKeys, nowMs: number): Promise<string | undefined> {
  if ((await keys.count()) > 0) return undefined;
  const key = makeKey();
  await keys.add({
    userId: 'Users-1',
    hash: hashKey(key),
    hint: `${key.slice(0, 7)}…`,
    purpose: 'first start',
    createdAtMs: nowMs,
  });
  return key;
}
