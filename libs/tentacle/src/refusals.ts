import { RemoteError, ServerError } from '@octo/halibut';
import { ConflictError, InputError, NotFoundError, OctoError, TransportError } from '@octo/kernel';

// An error of octo's own on its way from our agent to our server: with its kind, code and hint, not as a stranger's text.
const TYPE = 'Octo.Error';
const KINDS = { InputError, NotFoundError, ConflictError, OctoError } as const;

interface Told {
  readonly kind: string;
  readonly code: `OCTO_${string}`;
  readonly message: string;
  readonly hint?: string;
  readonly started?: 'no' | 'maybe';
}

export function tell(error: unknown): unknown {
  if (!OctoError.is(error)) return error;
  const { kind, code, message, hint, started } = error as OctoError & { readonly started?: 'no' | 'maybe' };
  const told = { kind, code, message, hint, started };
  return new ServerError(message, JSON.stringify(told), TYPE);
}

/** An answer of octo's own, not a fault on the way. One that is closing is asked again: the next one knows its tickets. */
export function isRefusal(error: unknown): boolean {
  if (!RemoteError.isOne(error) || error.errorType !== TYPE) return false;
  return parse(error.details)?.code !== 'OCTO_TRANSPORT_CLOSED';
}

export function hear(error: unknown): unknown {
  if (!RemoteError.isOne(error) || error.errorType !== TYPE) return error;
  const told = parse(error.details);
  if (!told) return error;
  const { kind, code, message, hint, started } = told;
  const more = { cause: error, ...(hint !== undefined && { hint }) };
  if (kind === 'TransportError' && started && code.startsWith('OCTO_TRANSPORT_'))
    return new TransportError(code as `OCTO_TRANSPORT_${string}`, message, { ...more, started }); // just looked at
  const Kind = KINDS[kind as keyof typeof KINDS] ?? OctoError; // of a newer agent there may be others
  return new Kind(code, message, more);
}

function parse(details: string): Told | undefined {
  try {
    const told = JSON.parse(details) as Partial<Told>;
    if (typeof told.code !== 'string' || !told.code.startsWith('OCTO_') || typeof told.message !== 'string')
      return undefined;
    return told as Told; // the rest is optional, or compared
  } catch {
    return undefined;
  }
}
