import { toErrorBody, statusOf } from '@octo/api';
import { InputError, type Logger, NotFoundError, OctoError } from '@octo/kernel';
import { type FastifyInstance } from 'fastify';

/** Errors go out in one form (rest.md 1.6). What nobody threw on purpose is logged, and tells the client nothing more. */
export function answerErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error, request, reply) => {
    if (OctoError.is(error)) {
      if (statusOf(error) >= 500) logger.error({ room: 'http', code: error.code, path: request.url }, error.message);
      return reply.status(statusOf(error)).send(toErrorBody(error));
    }
    const { statusCode = 500, message = String(error) } = error as { statusCode?: number; message?: string };
    if (statusCode < 500)
      return reply.status(statusCode).send(toErrorBody(new InputError('OCTO_API_REQUEST', message.replace(/\.$/, ''))));
    logger.error(
      { room: 'http', path: request.url, error: String((error as Error).stack ?? error) },
      'a request failed',
    );
    return reply.status(500).send(toErrorBody(new OctoError('OCTO_BUG', 'the server failed; its log says more')));
  });
  app.setNotFoundHandler((request, reply) =>
    reply
      .status(404)
      .send(toErrorBody(new NotFoundError('OCTO_API_ROUTE', `there is nothing at ${request.method} ${request.url}`))),
  );
}

export function notFound(id: string): NotFoundError {
  return new NotFoundError('OCTO_API_NOT_FOUND', `The resource '${id}' was not found.`);
}
