import { toErrorBody, statusOf } from '@octo/api';
import { InputError, type Logger, NotFoundError, OctoError } from '@octo/kernel';
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';

/** Errors go out in one form (rest.md 1.6). */
export function answerErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error, request, reply) => answerWith(error, request, reply, logger));
  app.setNotFoundHandler((request, reply) =>
    reply
      .status(404)
      .send(toErrorBody(new NotFoundError('OCTO_API_ROUTE', `there is nothing at ${request.method} ${request.url}`))),
  );
}

/** Ask again later. */
const AWAY: ReadonlySet<string> = new Set(['OCTO_STORAGE_UNREACHABLE']);

/** What nobody threw on purpose is logged, and tells the client nothing more. */
export function answerWith(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger) {
  const { told, status } = tellable(error);
  if (status >= 500) {
    const fields = { room: 'http', method: request.method, path: request.url, code: told.code };
    logger.error({ ...fields, error: error instanceof Error ? error.stack : String(error) }, 'a request failed');
  }
  return reply.status(status).send(toErrorBody(told, status));
}

function tellable(error: unknown): { readonly told: OctoError; readonly status: number } {
  if (OctoError.is(error)) return { told: error, status: AWAY.has(error.code) ? 503 : statusOf(error) };
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 400 && status < 500) {
    const message = (error as Error).message.replace(/\.$/, ''); // only an Error has a statusCode here
    return { told: new InputError('OCTO_API_REQUEST', message), status };
  }
  return { told: new OctoError('OCTO_BUG', 'the server failed; its log says more'), status: 500 };
}

/** In the words that clients know (rest.md 1.6). */
/** Which command lists resources whose ids have that form. */
const LISTS: readonly (readonly [RegExp, string])[] = [
  [/^ServerTasks-/i, 'octo task list'],
  [/^Artifacts-/i, 'octo task show lists the artifacts of a task'],
  [/^Workers-/i, 'octo worker list'],
  [/^WorkerPools-/i, 'octo pool list'],
];

export function notFound(id: string): NotFoundError {
  const [, hint = 'look at the list of what there is'] = LISTS.find(([form]) => form.test(id)) ?? [];
  return new NotFoundError('OCTO_API_NOT_FOUND', `The resource '${id}' was not found.`, { hint });
}
