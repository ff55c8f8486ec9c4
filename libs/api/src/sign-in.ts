import { OctoError } from '@octo/kernel';
import { fromErrorBody } from './error-body.ts';
import { httpSend, type Request, type Response } from './send.ts';

/**
 * Signs in by password, makes an API key, signs out again. The two cookies of a sign-in are given back as they came;
 * what writes brings the text of the second along in a header (rest.md 1.3).
 */
export async function keyByPassword(
  { url, username, password }: { readonly url: string; readonly username: string; readonly password: string },
  purpose: string,
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly key: string }> {
  const send = httpSend(url);
  const login: Request = {
    method: 'POST',
    path: '/api/users/login',
    body: { Username: username, Password: password, RememberMe: false },
  };
  const answer = await send(login, { accept: 'application/json' }, signal);
  await bodyOf(answer);
  const cookies = (answer.headers?.['set-cookie'] ?? []).map((line) => line.split(';')[0] ?? '');
  const csrf = cookies.find((it) => it.startsWith('Octopus-Csrf-Token'))?.replace(/^[^=]*=/, '') ?? '';
  const headers = { accept: 'application/json', cookie: cookies.join('; '), 'x-octopus-csrf-token': csrf };
  const make: Request = { method: 'POST', path: '/api/users/me/apikeys', body: { Purpose: purpose } };
  const made = await bodyOf(await send(make, headers, signal));
  await bodyOf(await send({ method: 'POST', path: '/api/users/logout' }, headers, signal));
  const { Id: id, ApiKey: key } = made;
  if (typeof id === 'string' && typeof key === 'string') return { id, key };
  throw new OctoError('OCTO_API_ANSWER', `the server at ${url} made no API key`);
}

async function bodyOf(answer: Response): Promise<Readonly<Record<string, unknown>>> {
  const text = await answer.text();
  const body = jsonOf(text);
  if (answer.status >= 300) throw fromErrorBody(answer.status, body);
  return body;
}
function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}; // any object may be read so
  } catch {
    return {};
  }
}
