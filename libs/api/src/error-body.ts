import { ConflictError, InputError, NotFoundError, OctoError, SecurityError, type ErrorDetails } from '@octo/kernel';

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

/** Where the kind alone does not say it. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  OCTO_AUTH_PERMISSION: 403,
  OCTO_AUTH_CSRF: 403,
  OCTO_AUTH_THROTTLED: 429,
  OCTO_API_PRECONDITION: 412,
};

export function statusOf(error: OctoError): number {
  return STATUS_OF_CODE[error.code] ?? STATUS[error.kind] ?? 500;
}

/** `status` where the transport knows better than the kind of error, as with 413 and 415. */
export function toErrorBody(error: OctoError, status: number = statusOf(error)): ErrorBody {
  const Details = { Code: error.code, Hint: error.hint ?? null };
  const ErrorMessage = error.message;
  return status === 404 ? { ErrorMessage, Details } : { ErrorMessage, Errors: [ErrorMessage], Details };
}

/** The error that a server's answer stands for; also that of a server that is not ours. */
export function fromErrorBody(status: number, body: unknown): OctoError {
  const message = textAt(body, 'ErrorMessage') ?? `the server answered with status ${status}`;
  const details = memberAt(body, 'Details');
  const code = codeOf(textAt(details, 'Code'));
  const hint = textAt(details, 'Hint') ?? HINTS[status];
  const more: ErrorDetails = hint === undefined ? {} : { hint };
  if (status === 401 || status === 403) return new SecurityError(code, message, more);
  if (status === 404) return new NotFoundError(code, message, more);
  if (status === 409) return new ConflictError(code, message, more);
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) return new InputError(code, message, more);
  return new OctoError(code, message, more);
}

/** Where the server says nothing better. */
const HINTS: Readonly<Record<number, string>> = {
  401: 'set OCTO_API_KEY to the key that the server printed at its first start',
  403: 'use the API key of somebody who may do this',
  404: 'check OCTO_URL: is it an octo server of this version?',
  429: 'try again in a moment',
  503: 'try again in a moment',
};

function codeOf(text: string | undefined): `OCTO_${string}` {
  return text !== undefined && /^OCTO_\w+$/.test(text) ? (text as `OCTO_${string}`) : 'OCTO_API_STATUS'; // the line checks it
}
function memberAt(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined; // any object may be read so
}
function textAt(value: unknown, name: string): string | undefined {
  const member = memberAt(value, name);
  return typeof member === 'string' && member !== '' ? member : undefined;
}
