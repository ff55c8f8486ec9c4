/** Ids are `<Collection>-<number>`; the number is the row's key. Case does not matter when they are read (rest.md 1.2). */
export function idOf(collection: string, seq: unknown): string {
  return `${collection}-${String(seq)}`;
}
/** The row's key, or −1 (which no row has) for what is no id of that collection. */
export function seqOf(collection: string, id: string): number {
  const [, word, digits] = /^([A-Za-z]+)-(\d{1,15})$/.exec(id) ?? [];
  return word?.toLowerCase() === collection.toLowerCase() ? Number(digits) : -1;
}

export const TASK = 'ServerTasks';
export const ARTIFACT = 'Artifacts';
export const LEASE = 'WorkerTaskLeases';
export const EVENT = 'Events';
export const WORKER = 'Workers';
export const POOL = 'WorkerPools';
export const API_KEY = 'apikeys';

/** Lower case, words joined by dashes. */
export function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
}
