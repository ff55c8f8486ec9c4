/**
 * Declared type of a parameter or result. Only what is declared is read and written: a `$type` outside it ends the
 * connection (halibut.md 3.7), and bytes beside a message belong to the places named here, nowhere else (4.1).
 * Every one of them may be null on the wire.
 */
export type TypeContract =
  | { readonly kind: 'text' }
  | { readonly kind: 'stream' }
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'object';
      /** Written as `$type`: 'Namespace.Type, Assembly'. */
      readonly type: string;
      /** Other spellings that are read. */
      readonly alsoReads: readonly string[];
      /** Where data streams stand inside, `*` for each element: 'Files.*.Contents'. */
      readonly streams: readonly string[];
    };

export const text: TypeContract = { kind: 'text' };
export const stream: TypeContract = { kind: 'stream' };
export const nothing: TypeContract = { kind: 'nothing' };
export function object(
  type: string,
  more: { readonly alsoReads?: readonly string[]; readonly streams?: readonly string[] } = {},
): TypeContract {
  return { kind: 'object', type, alsoReads: more.alsoReads ?? [], streams: more.streams ?? [] };
}

export interface MethodContract {
  readonly params: readonly TypeContract[];
  readonly result: TypeContract;
}

/** Shape of a service. Method names as on the wire, without `Async`. */
export interface ServiceContract {
  readonly name: string;
  readonly methods: Readonly<Record<string, MethodContract>>;
}

export interface CallContext {
  /** Aborted when the peer is gone: nobody will read the answer. */
  readonly signal: AbortSignal;
  readonly peerThumbprint: string;
}

/** A service that answers calls. Calls of several connections come at the same time. */
export interface Service {
  readonly contract: ServiceContract;
  /** `method` is spelt as in the contract. Throw a `ServerError` to choose the texts of the answer. */
  invoke(method: string, params: readonly unknown[], context: CallContext): Promise<unknown>;
}

export interface ServiceHost {
  find(name: string): Service | undefined;
  /** What is answered for a service that is not there; absent: the words of a plain Halibut service (3.11). */
  unknownService?(name: string): Error;
}

export interface Call {
  readonly service: ServiceContract;
  readonly method: string;
  readonly params: readonly unknown[];
  /**
   * The answer to a mere question is there soon, or never comes: a peer that is silent for so long is given up. In
   * milliseconds; never more than `responseMs`, which is the default.
   */
  readonly answerMs?: number;
  /**
   * For a call that may be made again without harm: a small question that the peer answers at once. While nothing is
   * heard, it is asked over another connection; where that is silent, too, the peer is given up in less than 5 s. Only
   * where each call has a connection of its own; a multiplexed one is watched anyway. Default: the call just waits.
   */
  readonly probe?: Call;
  /** Told before each further try to connect: 'connection try 2 of 5 …' (R126). */
  readonly onRetry?: (text: string) => void;
}

/** Whatever calls can be made through: connections to a listening peer, the queue of a polling one. */
export interface Caller extends AsyncDisposable {
  /** For errors and logs: 'https://web-7:10933/', 'poll://abc/'. */
  readonly name: string;
  /**
   * Rejects with a `HalibutError` when the connection failed, a `RemoteError` when the service answered with one, or the
   * signal's reason. Aborting ends the connection in flight; a call that still waits is taken back.
   */
  call(call: Call, signal: AbortSignal): Promise<unknown>;
  /** True when a long call holds up no other. */
  readonly isParallel: boolean;
  /** True while a connection that falls silent is noticed as such, whatever is asked over it. */
  readonly noticesSilence: boolean;
}
