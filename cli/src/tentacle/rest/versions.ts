import { known } from './failures.ts';
import { type Resource } from './resources.ts';

const LEAST_MAJOR = 3;

/** Major 0 is a development build of the server, and fits. Nothing but the major counts (halibut.md 9.3.1). */
export function checkServerVersion({ Version: version }: Resource): void {
  const major = typeof version === 'string' ? /^\s*v?(\d+)/.exec(version)?.[1] : undefined;
  if (major === undefined) throw known('The Octopus Server does not say its version, so this Tentacle cannot use it.');
  if (Number(major) >= LEAST_MAJOR || Number(major) === 0) return;
  throw known(
    `This Tentacle needs an Octopus Server of version ${LEAST_MAJOR} or later, and the server has version ${major}.`,
  );
}
