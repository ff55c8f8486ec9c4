import { OctoError, TransportError } from '@octo/kernel';

/**
 * Transports do not know what a worker is called, and say NAME where a command of their hint needs it. A hint works when
 * it is pasted: the name goes in here.
 */
export function withName(error: unknown, worker: { readonly name: string }): unknown {
  if (!OctoError.is(error) || error.kind !== 'TransportError' || !error.hint?.includes('worker edit NAME'))
    return error;
  const { code, message, started, isReached } = error as TransportError; // by its kind
  const hint = nameIn(error.hint, worker.name);
  return new TransportError(code as `OCTO_TRANSPORT_${string}`, message, { started, isReached, hint, cause: error }); // transport errors have no other codes
}

export function nameIn(hint: string, name: string): string {
  const word = /^[A-Za-z0-9._-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
  return hint.replaceAll('worker edit NAME', () => `worker edit ${word}`);
}
