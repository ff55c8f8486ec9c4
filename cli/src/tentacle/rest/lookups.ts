import { known, RestFailure } from './failures.ts';
import { type HttpClient } from './http.ts';
import { type LinkValues } from './links.ts';
import { arrayOf, idOf, linksOf, recordOf, type Resource } from './resources.ts';
import { same } from './session.ts';

/** More pages than any server has: a link that leads in circles ends there. */
const MOST_PAGES = 10_000;

/** All items of a collection. The first request names no page: the server's own size counts (halibut.md 9.3.2). */
export async function collect(
  http: HttpClient,
  link: string,
  values: LinkValues,
  signal: AbortSignal,
): Promise<readonly Resource[]> {
  const items: Resource[] = [];
  let page = recordOf(await http.get(link, values, signal), link);
  for (let left = MOST_PAGES; left > 0; left--) {
    const found = arrayOf(page.Items, `Items of ${link}`);
    items.push(...found);
    const next = linksOf(page)['Page.Next'];
    if (next === undefined || found.length === 0) return items;
    page = recordOf(await http.get(next, {}, signal), next);
  }
  throw new RestFailure('OCTO_REGISTER_ANSWER', `${link} has more than ${MOST_PAGES} pages`);
}

/** Its name is the given one, but for case and the spaces around it. */
export function isNamed(resource: Resource, name: string): boolean {
  return has(resource, 'Name', name.trim());
}

/** The one of that name, or undefined. */
export async function findNamed(
  http: HttpClient,
  link: string,
  name: string,
  signal: AbortSignal,
): Promise<Resource | undefined> {
  return (await collect(http, link, {}, signal)).find((resource) => isNamed(resource, name));
}

/** How the missing things are called in the failure. */
export interface Kind {
  readonly one: string;
  readonly many: string;
}

/**
 * The ids of what the values name: by name, then by slug, then by id, all without regard to case (R38). The second
 * request is always made, the third only for what is still unknown. Fails if anything stays unknown.
 */
export async function resolveIds(
  http: HttpClient,
  link: string,
  wanted: { readonly values: readonly string[]; readonly kind: Kind },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const search = new Search(wanted.values);
  search.match('Name', await collect(http, link, {}, signal));
  search.match('Slug', await collect(http, link, {}, signal));
  if (search.missing.length > 0) search.match('Id', await collect(http, link, { ids: search.missing }, signal));
  if (search.missing.length > 0) throw unknown(search.missing, wanted.kind);
  return search.ids;
}

export class Search {
  readonly #ids = new Set<string>();
  #missing: readonly string[];

  constructor(values: readonly string[]) {
    this.#missing = values;
  }
  get missing(): readonly string[] {
    return this.#missing;
  }
  /** In the order of their discovery, each once. */
  get ids(): readonly string[] {
    return [...this.#ids];
  }
  match(member: 'Name' | 'Slug' | 'Id', resources: readonly Resource[]): void {
    this.#missing = this.#missing.filter((value) => {
      const found = resources.filter((resource) => has(resource, member, value));
      for (const resource of found) this.#ids.add(idOf(resource));
      return found.length === 0;
    });
  }
}

export function unknown(missing: readonly string[], { one, many }: Kind): Error {
  const list = missing.join(', ');
  return missing.length === 1
    ? known(
        `Could not find the ${one} with name, slug or Id ${list} on the Octopus Server. Ensure the ${one} exists and you have permission to access it.`,
      )
    : known(
        `Could not find the ${many} with names, slugs or Ids: ${list} on the Octopus Server. Ensure the ${many} exist and you have permission to access them.`,
      );
}

function has(resource: Resource, member: string, value: string): boolean {
  const own = resource[member];
  return typeof own === 'string' && same(own.trim(), value);
}
