import { type Send } from './send.ts';

/** Collections that every space has of its own. Single tasks are found by their id, wherever they are. */
const OF_A_SPACE =
  /^\/api\/(?=(?:workers|workerpools|workertaskleases|machinepolicies|accounts|proxies|certificates|octo\/runs|octo\/builtin-workers)(?:[/?]|$)|tasks(?:\?|$))/i;

/** `/api/workers/all` is `/api/Spaces-2/workers/all` in that space (rest.md 1.1); paths of the whole system stay. */
export function pathInSpace(path: string, spaceId: string): string {
  return path.replace(OF_A_SPACE, `/api/${spaceId}/`);
}
export function sendInSpace(send: Send, spaceId: string): Send {
  return (request, headers, signal) => send({ ...request, path: pathInSpace(request.path, spaceId) }, headers, signal);
}
