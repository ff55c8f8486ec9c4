import { checkAccess, openSession, type ApiOptions } from './access.ts';
import { type RestDeps } from './deps.ts';
import { known, RestFailure } from './failures.ts';
import { type HttpClient } from './http.ts';
import { names, type Links } from './links.ts';
import { arrayOf, linksOf, textOf, type Resource } from './resources.ts';
import { linkOf } from './session.ts';

export interface DeregisterOptions extends ApiOptions {
  readonly multiple?: boolean;
  readonly space?: string;
}
type Registered =
  { readonly link: 'Workers'; readonly noun: 'worker' } | { readonly link: 'Machines'; readonly noun: 'machine' };
export const REGISTERED_WORKER: Registered = { link: 'Workers', noun: 'worker' };
export const REGISTERED_TARGET: Registered = { link: 'Machines', noun: 'machine' };

/** Deletes what the server keeps of this machine's thumbprint, in one space. Our trust in the server stays (R42). */
export async function deregister(
  kind: Registered,
  options: DeregisterOptions,
  deps: RestDeps,
  signal: AbortSignal,
): Promise<void> {
  const { settings, say } = deps;
  const session = await openSession(checkAccess(options), deps, true, signal);
  const { http } = session;
  await session.start(signal);
  const space = await session.chooseSpace(options.space, signal);
  const thumbprint = ownThumbprint(deps);
  const scope = await session.enter(space, signal);
  const found = await ownMachines(http, scope.links, kind.link, thumbprint, signal);
  const Noun = capital(kind.noun);
  if (found.length === 0) throw known(`No ${kind.noun} was found matching this Tentacle's thumbprint.`);
  if (found.length > 1 && !options.multiple)
    throw known(
      `The Tentacle matches more than one ${kind.noun} on the server. To deregister all of them specify the --multiple flag.`,
    );
  for (const machine of found) {
    say(`Deleting ${kind.noun} '${textOf(machine, 'Name')}' from the Octopus Server...`);
    await http.delete(linkOf(linksOf(machine), 'Self'), signal);
  }
  const server = await session.serverThumbprint(scope.links, signal);
  const instance = settings.instance === undefined ? '' : ` --instance ${settings.instance}`;
  say(
    `The Octopus Server is still trusted. If you wish to remove trust for this Octopus Server, use 'Tentacle configure --remove-trust=${server}${instance}'`,
  );
  say(`${Noun} deregistered successfully`);
}

export function ownThumbprint({ settings }: RestDeps): string {
  if (settings.thumbprint !== undefined) return settings.thumbprint;
  throw known('No certificate has been generated for this Tentacle. Please run the new-certificate command first.');
}

/**
 * The records with our thumbprint. A server whose template does not name the parameter would drop it and answer with all
 * that it has, which the caller may be about to delete (halibut.md 9.3, "Danger"): the link is checked, and each answer too.
 */
export async function ownMachines(
  http: HttpClient,
  links: Links,
  link: 'Workers' | 'Machines',
  thumbprint: string,
  signal: AbortSignal,
): Promise<readonly Resource[]> {
  const template = linkOf(links, link);
  if (!names(template, 'thumbprint'))
    throw new RestFailure('OCTO_REGISTER_ANSWER', `the server cannot look for a thumbprint: its link is ${template}`);
  const all = arrayOf(await http.get(template, { id: 'all', thumbprint }, signal), template);
  return all.filter((machine) => thumbprintOf(machine)?.toLowerCase() === thumbprint.toLowerCase());
}

function thumbprintOf({ Thumbprint: own, Endpoint: endpoint }: Resource): string | undefined {
  const inner =
    typeof endpoint === 'object' && endpoint !== null && 'Thumbprint' in endpoint ? endpoint.Thumbprint : null;
  const found = inner ?? own;
  return typeof found === 'string' ? found : undefined;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
