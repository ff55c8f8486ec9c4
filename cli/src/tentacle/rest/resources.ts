import { RestFailure } from './failures.ts';
import { type Links } from './links.ts';

/** A JSON object of the server. Members are looked at one by one: most of them are none of our business. */
export type Resource = Readonly<Record<string, unknown>>;

export function recordOf(value: unknown, what: string): Resource {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Resource; // checked
  throw new RestFailure('OCTO_REGISTER_ANSWER', `${what} is not a JSON object`);
}

/** A plain array of objects, as the `all` links answer it. */
export function arrayOf(value: unknown, what: string): readonly Resource[] {
  if (Array.isArray(value)) return value.map((item) => recordOf(item, `an item of ${what}`));
  throw new RestFailure('OCTO_REGISTER_ANSWER', `${what} is not a JSON array`);
}

export function textOf(resource: Resource, member: string): string {
  const value = resource[member];
  if (typeof value === 'string') return value;
  throw new RestFailure('OCTO_REGISTER_ANSWER', `the server sent a resource without ${member}`);
}
export function idOf(resource: Resource): string {
  return textOf(resource, 'Id');
}

/** Empty where there are none. */
export function linksOf(resource: Resource): Links {
  const { Links: links } = resource;
  if (typeof links !== 'object' || links === null) return {};
  return Object.fromEntries(Object.entries(links).filter(([, link]) => typeof link === 'string')) as Links; // filtered
}
