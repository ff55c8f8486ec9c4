import { TransportError } from '@octo/kernel';

interface More {
  readonly started?: 'no' | 'maybe';
  readonly hint?: string;
  readonly cause?: unknown;
  /** The same again, a little later, may go well. */
  readonly isPassing?: boolean;
  /** It answered, and what is wrong is there. */
  readonly isReached?: boolean;
}
const PASSING = Symbol.for('octo.ssh.passing');

/** A failure of the way to the machine, or of the machine. */
export function sshError(code: `OCTO_TRANSPORT_${string}`, message: string, more: More = {}): TransportError {
  const { started = 'no', isPassing = false, ...rest } = more;
  const error = new TransportError(code, message, { started, ...rest });
  if (isPassing) Object.defineProperty(error, PASSING, { value: true });
  return error;
}

export function isPassing(error: unknown): error is TransportError {
  return typeof error === 'object' && error !== null && PASSING in error;
}

/** The same, where the command may have arrived. */
export function asMaybe(error: TransportError): TransportError {
  if (error.started === 'maybe') return error;
  const { code, message, hint, isReached } = error;
  return new TransportError(code as `OCTO_TRANSPORT_${string}`, message, {
    started: 'maybe',
    isReached,
    cause: error,
    ...(hint !== undefined && { hint }),
  }); // transport errors have no other codes
}

export function noRoom(host: string): TransportError {
  return sshError('OCTO_TRANSPORT_SSH_DISK', `${host} has no room for octo's files, or they may not be written`, {
    hint: 'free disk space there, or name another folder: octo worker edit NAME --folder PATH',
    isReached: true,
  });
}
