import { createSecureContext, type SecureContext } from 'node:tls';
import { openTls, type Target } from './dial.ts';
import { HalibutError } from './errors.ts';
import { type Identity, thumbprintOf } from './identity.ts';
import { DEFAULT_LIMITS, type HalibutLimits } from './limits.ts';
import { listenError, Listener, type ListenOptions } from './listener.ts';
import { ListeningCaller, type ListeningTarget } from './listening-caller.ts';
import { poll, type PollOptions } from './poll.ts';
import { Subscription } from './subscription.ts';

export interface HalibutOptions {
  readonly identity: Identity;
  readonly limits?: Partial<HalibutLimits>;
}

/** One identity on the wire, calling and serving, in both directions of connecting. */
export class Halibut {
  readonly identity: Identity;
  readonly limits: HalibutLimits;
  readonly #context: SecureContext;

  constructor({ identity, limits }: HalibutOptions) {
    this.identity = identity;
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    const { certificatePem: cert, privateKeyPem: key } = identity;
    this.#context = createSecureContext({ cert, key, minVersion: 'TLSv1.2' });
  }

  /** Calls to a listening service. Nothing is opened before the first call. */
  caller(target: ListeningTarget, limits: Partial<HalibutLimits> = {}): ListeningCaller {
    return new ListeningCaller(target, this.#context, { ...this.limits, ...limits });
  }

  /** Calls to a polling service: hand it to a listener's `subscribers`. */
  subscription(uri: string, limits: Partial<HalibutLimits> = {}): Subscription {
    return new Subscription(uri, { ...this.limits, ...limits });
  }

  /** Rejects with OCTO_TRANSPORT_LISTEN when the port cannot be had. */
  async listen(options: ListenOptions): Promise<Listener> {
    try {
      return await new Listener(this.identity, options, this.limits).start();
    } catch (error) {
      throw listenError(error, options);
    }
  }

  /** Serves a server that this side calls, until the signal aborts. */
  async poll(options: PollOptions, signal: AbortSignal): Promise<void> {
    await poll(options, this.#context, this.limits, signal);
  }

  /** Whose certificate answers there, before anybody trusts it. No certificate of ours is shown (halibut.md 1.5). */
  async discover(
    at: Omit<Target, 'thumbprint'>,
    signal: AbortSignal,
  ): Promise<{ readonly thumbprint: string; readonly certificate: Uint8Array }> {
    const socket = await openTls(at, undefined, this.limits, signal);
    const { raw: certificate } = socket.getPeerCertificate() ?? {};
    socket.on('error', () => {});
    socket.end('HELLO\r\n\r\n');
    setTimeout(() => socket.destroy(), 1_000).unref();
    if (certificate) return { thumbprint: thumbprintOf(certificate), certificate };
    throw new HalibutError('OCTO_TRANSPORT_THUMBPRINT', `${at.host}:${at.port} has no certificate`, {
      started: 'no',
      isRetryable: false,
    });
  }
}
