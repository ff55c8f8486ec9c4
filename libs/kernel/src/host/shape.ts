import { type Plugin } from '../plugin.ts';

/** True when a module's default export has the form of a plugin. Its parts are checked as far as a host relies on them. */
export function isPlugin(it: unknown): it is Plugin {
  return (
    has(it, 'name', 'string') &&
    has(it, 'contract', 'number') &&
    list(it, 'steps', (s) => has(s, 'type', 'string') && has(s, 'run', 'function') && schema(s, 'properties')) &&
    list(it, 'transports', (t) => has(t, 'style', 'string') && has(t, 'create', 'function') && schema(t, 'endpoint')) &&
    list(it, 'schedulers', (s) => has(s, 'name', 'string') && has(s, 'choose', 'function')) &&
    list(it, 'services', (s) => has(s, 'create', 'function') && has((s as { token?: unknown }).token, 'id', 'string'))
  );
}

function has(it: unknown, key: string, type: string): boolean {
  return typeof it === 'object' && it !== null && typeof (it as Record<string, unknown>)[key] === type;
}
function schema(it: unknown, key: string): boolean {
  const value = (it as Record<string, unknown>)[key];
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value;
}
function list(it: unknown, key: string, each: (part: unknown) => boolean): boolean {
  const value = (it as Record<string, unknown>)[key];
  return value === undefined || (Array.isArray(value) && value.every(each));
}
