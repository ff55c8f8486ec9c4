import {
  ConflictError,
  InputError,
  NotFoundError,
  OctoError,
  SecurityError,
  TransportError,
  type ErrorDetails,
} from '@octo/kernel';

/** Error JSON of rest.md 1.6, with our code and hint in `Details`. */
export interface ErrorBody {
  readonly ErrorMessage: string;
  /** Left out on 404: a client would take it for another kind of error. */
  readonly Errors?: readonly string[];
  readonly Details: { readonly Code: string; readonly Hint: string | null };
}

const STATUS: Readonly<Record<string, number>> = {
  InputError: 400,
  SecurityError: 401,
  NotFoundError: 404,
  ConflictError: 409,
};

export function statusOf(error: OctoError): number {
  return STATUS[error.kind] ?? 500;
}

export function toErrorBody(error: OctoError): ErrorBody {
  const Details = { Code: error.code, Hint: error.hint ?? null };
  return statusOf(error) === 404
    ? { ErrorMessage: error.message, Details }
    : { ErrorMessage: error.message, Errors: [error.message], Details };
}

/** The error that a server's answer stands for; also of a server that is not ours. */
export function fromErrorBody(status: number, body: unknown): OctoError {
  const { ErrorMessage, Details } = (typeof body === 'object' && body !== null ? body : {}) as Partial<ErrorBody>;
  const message = ErrorMessage ?? `the server answered with status ${status}`;
  const code = (Details?.Code ?? 'OCTO_API_STATUS') as `OCTO_${string}`;
  const more: ErrorDetails = Details?.Hint ? { hint: Details.Hint } : {};
  if (status === 400) return new InputError(code, message, more);
  if (status === 401 || status === 403)
    return new SecurityError(code, message, { hint: 'give a valid key by OCTO_API_KEY', ...more });
  if (status === 404) return new NotFoundError(code, message, more);
  if (status === 409) return new ConflictError(code, message, more);
  return new OctoError(code, message, more);
}

export function unreachable(where: string, cause: unknown): TransportError {
  return new TransportError('OCTO_TRANSPORT_SERVER', `the server at ${where} does not answer`, {
    started: 'maybe',
    hint: 'check OCTO_URL or --server, or start one: octo server start',
    cause,
  });
}
