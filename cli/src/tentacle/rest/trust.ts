import { type TrustedServer } from './deps.ts';

/** The list with this entry, in the place of the one that has the same thumbprint and address. */
export function withServer(list: readonly TrustedServer[], entry: TrustedServer): readonly TrustedServer[] {
  const at = list.findIndex(
    (old) => isThumbprint(old.thumbprint, entry.thumbprint) && isAddress(old.address, entry.address),
  );
  return at < 0 ? [...list, entry] : list.with(at, entry);
}

/** The subscription id under which this address is polled already (R40). */
export function subscriptionOf(list: readonly TrustedServer[], address: string): string | undefined {
  const found = list.find((old) => old.style === 'TentacleActive' && isAddress(old.address, address));
  return found?.subscriptionId ?? undefined;
}

export function isThumbprint(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** The same address, however it is written: `https://Host:1` and `https://host:1/`. */
function isAddress(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return one === other;
  const normal = (text: string) => URL.parse(text)?.href ?? text;
  return normal(one) === normal(other);
}
