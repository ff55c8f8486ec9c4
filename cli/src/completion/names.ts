import { connectRemote, dataFolder } from '../connect.ts';
import { type Kind } from './shape.ts';

/** What there is on the server, newest tasks first. Without a server nothing: opening a plane takes too long here. */
export async function namesOfKind(kind: string, signal: AbortSignal): Promise<readonly string[]> {
  const apiKey = process.env['OCTO_API_KEY'];
  const server = process.env['OCTO_URL'] || undefined;
  const isDataNamed = Boolean(process.env['OCTO_DATA']);
  const connection = await connectRemote({ server, apiKey, dataDir: dataFolder(undefined), isDataNamed }, signal);
  if (!connection) return [];
  const { get } = await import('@octo/api');
  const [path, member] = PATHS[kind as Kind] ?? []; // another kind has no entry
  if (path === undefined || member === undefined) return [];
  const answer = await get<unknown>(connection.api, path, signal);
  const items = isPage(answer) ? answer.Items : answer;
  if (!Array.isArray(items)) return [];
  return items.map((it: Readonly<Record<string, unknown>>) => it[member]).filter(isPlain);
}

const PATHS: Readonly<Record<Kind, readonly [path: string, member: string]>> = {
  workers: ['/api/workers/all', 'Name'],
  pools: ['/api/workerpools/all', 'Name'],
  tasks: ['/api/tasks?take=50', 'Id'],
  spaces: ['/api/spaces/all', 'Name'],
  users: ['/api/users/all', 'Username'],
  teams: ['/api/teams/all', 'Name'],
};
function isPage(answer: unknown): answer is { readonly Items: unknown } {
  return typeof answer === 'object' && answer !== null && 'Items' in answer;
}
/** What a name makes of a terminal is not ours to decide: those with control characters are left out. */
function isPlain(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && !/\p{Cc}/u.test(name);
}
