import { OctoError, TransportError, type ErrorDetails } from '@octo/kernel';

interface Details extends ErrorDetails {
  /** `no`: not one byte of the request can have been carried out. */
  readonly started: 'no' | 'maybe';
  /** False where trying again cannot help: a wrong certificate, a host that does not exist. Default true. */
  readonly isRetryable?: boolean;
}

/** The connection, not the called service, failed. */
export class HalibutError extends TransportError {
  readonly isRetryable: boolean;

  constructor(code: `OCTO_TRANSPORT_${string}`, message: string, more: Details) {
    super(code, message, more);
    this.isRetryable = more.isRetryable ?? true;
  }

  static isOne(value: unknown): value is HalibutError {
    return OctoError.is(value) && 'isRetryable' in value && !('failure' in value);
  }
}

/** The peer broke the protocol; nothing more can be said on this connection. */
export function protocolError(message: string, cause?: unknown): HalibutError {
  return new HalibutError('OCTO_TRANSPORT_PROTOCOL', message, {
    started: 'maybe',
    ...(cause !== undefined && { cause }),
  });
}

/** The same failure, known to have struck before the request was begun. */
export function beforeStart(error: unknown): unknown {
  if (!HalibutError.isOne(error) || error.started === 'no') return error;
  const { hint, cause, isRetryable } = error;
  return new HalibutError(error.code as `OCTO_TRANSPORT_${string}`, error.message, {
    started: 'no',
    isRetryable,
    ...(hint !== undefined && { hint }),
    ...(cause !== undefined && { cause }),
  }); // every HalibutError has such a code
}

/** What the service answered in place of a result. A service throws one to choose the three texts itself (halibut.md 3.10). */
export class ServerError extends Error {
  readonly details: string;
  readonly errorType: string | undefined;

  constructor(message: string, details: string, errorType?: string) {
    super(message);
    this.name = 'ServerError';
    this.details = details;
    this.errorType = errorType;
  }
}

export type RemoteFailure = 'no-such-service' | 'no-such-method' | 'ambiguous' | 'thrown' | 'other';

/** A service answered with an error. The connection is fine. */
export class RemoteError extends TransportError {
  /** The peer's own text, with its stack trace: untrusted, for people. */
  readonly details: string;
  readonly errorType: string | undefined;
  readonly failure: RemoteFailure;
  /** Whether the real client would call again (3.11, 6.4). */
  readonly isRetryable: boolean;

  constructor(
    peer: string,
    error: { readonly message: string; readonly details: string; readonly errorType?: string | undefined },
  ) {
    const failure = classify(error);
    const isCarriedOut = failure === 'thrown' || failure === 'other';
    super('OCTO_TRANSPORT_REMOTE', `${peer} answered: ${error.message}`, { started: isCarriedOut ? 'maybe' : 'no' });
    this.details = error.details;
    this.errorType = error.errorType;
    this.failure = failure;
    this.isRetryable = failure === 'other' && !error.details.includes('System.IO.FileNotFoundException');
  }

  static isOne(value: unknown): value is RemoteError {
    return OctoError.is(value) && 'failure' in value;
  }
}

const THROWN = 'System.Reflection.TargetInvocationException: Exception has been thrown by the target of an invocation.';
const BY_TYPE: Readonly<Record<string, RemoteFailure>> = {
  'Halibut.Exceptions.ServiceNotFoundHalibutClientException': 'no-such-service',
  'Halibut.Exceptions.MethodNotFoundHalibutClientException': 'no-such-method',
  'Halibut.Exceptions.AmbiguousMethodMatchHalibutClientException': 'ambiguous',
  'Halibut.Exceptions.ServiceInvocationHalibutClientException': 'thrown',
};

/** In the order of the .NET client (3.11). */
function classify({
  message,
  details,
  errorType,
}: {
  message: string;
  details: string;
  errorType?: string | undefined;
}): RemoteFailure {
  const known = BY_TYPE[errorType ?? ''];
  if (known) return known;
  if (message.startsWith('Service not found: ')) return 'no-such-service';
  if (message.startsWith('Service ') && message.endsWith(' not found')) return 'no-such-method';
  if (details.startsWith('System.Reflection.AmbiguousMatchException: ')) return 'ambiguous';
  return details.startsWith(THROWN) ? 'thrown' : 'other';
}

/** Any error of a service in .NET's spelling, so that a foreign client puts it into the right class (3.10, 3.11). */
export function asServerError(error: unknown): { message: string; details: string; errorType: string | undefined } {
  if (error instanceof ServerError)
    return { message: error.message, details: error.details, errorType: error.errorType };
  const message = error instanceof Error ? error.message : String(error);
  return { message, details: `${THROWN}\n ---> System.Exception: ${message}`, errorType: undefined };
}
