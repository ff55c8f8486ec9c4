import { type ResourceKind } from '@octo/api';
import { InputError } from '@octo/kernel';
import { nearest } from '../nearest.ts';
import { KIND_WORDS } from '../resources/store.ts';
import {
  type Change,
  type Current,
  type Difference,
  type Document,
  isObject,
  mapReferences,
  type Members,
  ORDER,
  type Wanted,
} from './model.ts';

export interface PlanOptions {
  /** Remove what the file does not name, of the kinds that it speaks of. */
  readonly prune: boolean;
  /** Write secrets anew: nobody can see whether they have changed. */
  readonly renewSecrets: boolean;
}

/** What has to be done, in an order in which it can be done. Every name that nothing has is told at once. */
export function planChanges(document: Document, current: Current, options: PlanOptions): readonly Change[] {
  const faults: string[] = [];
  const used = new Set<string>();
  const resolve = (kind: ResourceKind, word: string, at: string): string => {
    const name = nameOf(kind, word, document, current);
    if (name !== undefined) used.add(`${kind} ${name}`);
    if (name !== undefined) return name;
    const near = nearest(word, namesOf(kind, document, current)).map((it) => `"${it}"`);
    faults.push(
      `${at}: there is no ${KIND_WORDS[kind]} "${word}"${near.length > 0 ? `; did you mean ${near.join(' or ')}?` : ''}`,
    );
    return word;
  };
  const changes = ORDER.flatMap((kind) =>
    document.wanted
      .filter((it) => it.kind === kind)
      .map((it) => changeOf(named(it, resolve), current, options))
      .filter((it) => it !== undefined),
  );
  if (faults.length > 0) throw new InputError('OCTO_CLI_APPLY', faults.join('; '));
  // what a worker of the file names stays, too
  return options.prune
    ? [...changes, ...pruned(document, current).filter((it) => !used.has(`${it.kind} ${it.name}`))]
    : changes;
}

function named(wanted: Wanted, resolve: (kind: ResourceKind, word: string, at: string) => string): Wanted {
  if (wanted.kind !== 'workers') return wanted;
  return {
    ...wanted,
    members: mapReferences(wanted.members, (kind, word, at) => resolve(kind, word, `${wanted.at}${at}`)),
  };
}

function changeOf(wanted: Wanted, current: Current, options: PlanOptions): Change | undefined {
  const { kind, name } = wanted;
  const found = current[kind].find((it) => isSame(it.Name, name));
  if (!found) return { action: 'add', kind, name, differences: [], wanted };
  const before =
    kind === 'workers' ? mapReferences(found, (of, id) => current[of].find((it) => it.Id === id)?.Name ?? id) : found;
  const differences = [...diff(wanted.members, before), ...secretChanges(wanted, found, options)];
  return differences.length === 0 ? undefined : { action: 'change', kind, name, id: found.Id, differences, wanted };
}

/** Only members that are wanted count; null, absent and empty are the same. Pools are a set. */
function diff(wanted: Members, before: Members, path = ''): readonly Difference[] {
  return Object.entries(wanted).flatMap(([name, after]) => {
    const was = before[name];
    const at = `${path}${name}`;
    if (isObject(after) && isObject(was)) return diff(after, was, `${at}.`);
    return textOf(after) === textOf(was) ? [] : [{ path: at, before: was, after }];
  });
}
function textOf(value: unknown): string {
  const sorted = Array.isArray(value) ? value.map((it) => JSON.stringify(it)).sort() : value;
  return JSON.stringify(sorted ?? '');
}
function secretChanges({ secrets }: Wanted, found: Members, { renewSecrets }: PlanOptions): readonly Difference[] {
  return Object.keys(secrets).flatMap((path) => {
    const kept = found[path];
    const isKept = isObject(kept) && kept['HasValue'] === true;
    return isKept && !renewSecrets ? [] : [{ path, before: isKept ? '***' : undefined, after: '***' }];
  });
}

/** A space always has a default pool and policy: they stay. */
function pruned({ wanted, kinds }: Document, current: Current): readonly Change[] {
  return [...ORDER]
    .reverse()
    .flatMap((kind) =>
      (kinds.includes(kind) ? current[kind] : [])
        .filter((it) => it['IsDefault'] !== true && !wanted.some((w) => w.kind === kind && isSame(w.name, it.Name)))
        .map((it): Change => ({ action: 'remove', kind, name: it.Name, id: it.Id, differences: [] })),
    );
}

/** How it is called, by name, id or slug; also what the file itself adds. */
function nameOf(kind: ResourceKind, word: string, { wanted }: Document, current: Current): string | undefined {
  const kept = current[kind].find((it) => [it.Name, it.Id, it.Slug ?? ''].some((known) => isSame(known, word)));
  return kept?.Name ?? wanted.find((it) => it.kind === kind && isSame(it.name, word))?.name;
}
function namesOf(kind: ResourceKind, { wanted }: Document, current: Current): readonly string[] {
  const added = wanted.filter((it) => it.kind === kind).map((it) => it.name);
  return [...new Set([...current[kind].map((it) => it.Name), ...added])];
}
function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

const MARKS = { add: '+', change: '~', remove: '-' } as const;
/** For people: a line for each thing, and below it what changes. */
export function planText(changes: readonly Change[]): string {
  if (changes.length === 0) return 'nothing to change';
  const count = (action: Change['action']) => changes.filter((it) => it.action === action).length;
  const lines = changes.flatMap(({ action, kind, name, differences }) => [
    `${MARKS[action]} ${KIND_WORDS[kind]} ${name}`,
    ...differences.map(({ path, before, after }) => `    ${path}: ${shown(before)} → ${shown(after)}`),
  ]);
  return [...lines, `${count('add')} to add, ${count('change')} to change, ${count('remove')} to remove`].join('\n');
}
function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(', ') || '(none)';
  if (value === undefined || value === null || value === '') return '(none)';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
