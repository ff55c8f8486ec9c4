/** The named URLs of a resource. */
export type Links = Readonly<Record<string, string>>;

export type LinkValues = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Fills a link's template (`/workers{/id}{?skip,name}`). What the template does not name is dropped without a word, as
 * Octopus.Client does it (halibut.md 9.3.2); who depends on a parameter asks `names` first. Lists are joined by a bare comma.
 */
export function expand(template: string, values: LinkValues = {}): string {
  return template.replace(EXPRESSION, (_all, operator: string, list: string) => {
    const filled = variablesOf(list).flatMap((name) => {
      const value = values[name];
      return value === undefined ? [] : [[name, encoded(value)] as const];
    });
    if (operator === '/') return filled.map(([, value]) => `/${value}`).join('');
    if (operator === '') return filled.map(([, value]) => value).join(',');
    const pairs = filled.map(([name, value]) => `${name}=${value}`).join('&');
    return pairs && `${operator}${pairs}`;
  });
}

/** Does the template have a place for this parameter? */
export function names(template: string, variable: string): boolean {
  return [...template.matchAll(EXPRESSION)].some(([, , list = '']) => variablesOf(list).includes(variable));
}

/** The site that `--server` means: no fragment, no slash at the end, `/api` taken off. Throws a TypeError for no URI. */
export function siteOf(server: string): URL {
  const site = new URL(server);
  site.hash = '';
  site.pathname = site.pathname.replace(/\/+$/, '').replace(/\/api$/i, '');
  return site;
}

/**
 * `~/` counts from the site, which may lie below a virtual directory; everything else counts from the server's root.
 * Undefined for a link to another server: our key is none of its business.
 */
export function resolveLink(site: URL, link: string): URL | undefined {
  const path = link.startsWith('~/') ? `${site.pathname.replace(/\/$/, '')}/${link.slice(2)}` : link;
  const url = new URL(path, new URL('/', site));
  return url.origin === site.origin ? url : undefined;
}

const EXPRESSION = /\{([/?&]?)([^{}]+)\}/g;

function variablesOf(list: string): readonly string[] {
  return list.split(',').map((name) => name.trim().replace(/\*$/, ''));
}
function encoded(value: string | readonly string[]): string {
  return (typeof value === 'string' ? [value] : value).map(encodeURIComponent).join(',');
}
