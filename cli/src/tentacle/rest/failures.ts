import { OctoError, type ErrorDetails } from '@octo/kernel';

/** Something the operator can put right: exit code 1, and nothing is printed but the message (halibut.md 9.1). */
export class KnownFailure extends OctoError {
  override readonly kind = 'KnownFailure';
}

/** The server or the way to it failed: exit code 100. */
export class RestFailure extends OctoError {
  override readonly kind = 'RestFailure';
  /** What the server answered with; undefined when there was no answer. */
  readonly status: number | undefined;

  constructor(code: `OCTO_REGISTER_${string}`, message: string, more: ErrorDetails & { status?: number } = {}) {
    super(code, message, more);
    this.status = more.status;
  }
  static isOne(value: unknown): value is RestFailure {
    return OctoError.is(value) && value.kind === 'RestFailure';
  }
}

/** The texts are those of the real program where it was seen: scripts read them. */
export function known(message: string, more: ErrorDetails = {}): KnownFailure {
  return new KnownFailure('OCTO_REGISTER_REFUSED', message, more);
}

/** The error that an answer with this status and content stands for (halibut.md 9.3.2). */
export function failureOf(status: number, url: URL, content: string): KnownFailure | RestFailure {
  const told = toldBy(content);
  if ((status === 400 || status === 409) && told)
    return new KnownFailure(
      'OCTO_REGISTER_INVALID',
      [told.message, '', ...told.errors.map((e) => ` - ${e}`)].join('\n'),
    );
  const message = told?.message ?? `${url.href} answered ${status}: ${excerpt(content)}`;
  return new RestFailure('OCTO_REGISTER_STATUS', message, { status });
}

export function notJson(url: URL, content: string, cause?: unknown): RestFailure {
  const text = `${url.href} answered with something that is not JSON: ${excerpt(content)}`;
  return new RestFailure('OCTO_REGISTER_ANSWER', text, {
    cause,
    hint: 'look whether --server is the address of a server',
  });
}

function toldBy(content: string): { readonly message: string; readonly errors: readonly string[] } | undefined {
  let body: unknown;
  try {
    body = JSON.parse(content);
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || body === null || !('ErrorMessage' in body)) return undefined;
  const errors = 'Errors' in body && Array.isArray(body.Errors) ? body.Errors.map(String) : [];
  return { message: String(body.ErrorMessage), errors };
}

const MOST_QUOTED = 500;

function excerpt(content: string): string {
  return content.length > MOST_QUOTED ? `${content.slice(0, MOST_QUOTED)}…` : content || '(nothing)';
}
