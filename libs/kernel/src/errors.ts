const BRAND = Symbol.for('octo.error');

export interface ErrorDetails {
  /** What to do about it: an imperative that works when pasted. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * Base of every error thrown on purpose: a stable code, one sentence, and what to do about it.
 * Recognised by brand, not by `instanceof`, because a plugin may carry its own copy of this package.
 * Each code is listed with cause and cure in docs/errors.md; a check counts both sides.
 */
export class OctoError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  /** Name of the class, for telling kinds apart across copies of this package. */
  readonly kind: string = 'OctoError';

  constructor(code: `OCTO_${string}`, message: string, more: ErrorDetails = {}) {
    super(message, 'cause' in more ? { cause: more.cause } : undefined);
    this.name = new.target.name;
    this.code = code;
    this.hint = more.hint;
    Object.defineProperty(this, BRAND, { value: true });
  }

  static is(value: unknown): value is OctoError {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

/** The object graph cannot be built as declared. A bug in a plugin or in the app, never in user input. */
export class WiringError extends OctoError {
  override readonly kind = 'WiringError';
}
/** A plugin cannot be loaded: wrong contract, clash of names, broken entry. */
export class PluginError extends OctoError {
  override readonly kind = 'PluginError';
}
/** A value from outside (REST body, flag, property) does not fit its schema. HTTP 400, exit code 2. */
export class InputError extends OctoError {
  override readonly kind = 'InputError';
}
/** No valid credentials came with the request. HTTP 401. */
export class SecurityError extends OctoError {
  override readonly kind = 'SecurityError';
}
/** What was named does not exist. HTTP 404. */
export class NotFoundError extends OctoError {
  override readonly kind = 'NotFoundError';
}
/** The request is fine, but not in the present state of things. HTTP 409. */
export class ConflictError extends OctoError {
  override readonly kind = 'ConflictError';
}
/** The script ran and the step says it failed. A state of a task, not a fault of octo. */
export class StepFailedError extends OctoError {
  override readonly kind = 'StepFailedError';
}

export interface TransportErrorDetails extends ErrorDetails {
  readonly started: 'no' | 'maybe';
  /** Default: false. */
  readonly isReached?: boolean;
}
/**
 * The worker could not be reached or broke the protocol. Codes `OCTO_TRANSPORT_*`.
 * `started: 'no'` promises that the start cannot have arrived; only then may another worker be tried (R63).
 */
export class TransportError extends OctoError {
  override readonly kind = 'TransportError';
  readonly started: 'no' | 'maybe';
  /**
   * The machine answered, and what is wrong is there: it shows another host key, lets nobody in, has no room. A health
   * check finds it Unhealthy then, not Unavailable, so that nobody deletes it for being away (R85, R100, R140).
   */
  readonly isReached: boolean;

  constructor(code: `OCTO_TRANSPORT_${string}`, message: string, more: TransportErrorDetails) {
    super(code, message, more);
    this.started = more.started;
    this.isReached = more.isReached ?? false;
  }
}
