import { createHash } from 'node:crypto';
import {
  type CallContext,
  type Service,
  type ServiceContract,
  type ServiceHost,
  nothing,
  object,
  stream,
  text,
} from './contract.ts';
import { Halibut } from './halibut.ts';
import { createIdentity, type Identity } from './identity.ts';
import { type IncomingStream } from './incoming.ts';
import { type HalibutLimits } from './limits.ts';
import { OutgoingStream } from './outgoing.ts';

const made = new Map<string, Promise<Identity>>();
/** Keys take a while: one per name and test file. */
export function identityOf(name: string): Promise<Identity> {
  const known = made.get(name) ?? createIdentity({ commonName: name, nowMs: Date.now() });
  made.set(name, known);
  return known;
}

export async function side(name: string, limits: Partial<HalibutLimits> = {}): Promise<Halibut> {
  return new Halibut({
    identity: await identityOf(name),
    limits: { connectSleepMs: 10, reconnectMinMs: 30, reconnectMaxMs: 200, ...limits },
  });
}

export const ECHO: ServiceContract = {
  name: 'IEchoService',
  methods: {
    Say: { params: [text], result: text },
    Fail: { params: [], result: nothing },
    Wait: { params: [text], result: text },
    Hash: { params: [stream], result: text },
    Bytes: { params: [text], result: stream },
    Pair: { params: [object('Test.Pair, Test', { streams: ['Files.*.Contents'] })], result: text },
  },
};

/** Counts what it was asked. */
export class Echo implements Service {
  readonly contract = ECHO;
  readonly asked: string[] = [];
  /** Of the last call that waited. */
  context: CallContext | undefined;
  readonly #waiting = new Map<string, () => void>();

  /** Let one that waits go on. */
  release(word: string): void {
    this.#waiting.get(word)?.();
  }

  async invoke(method: string, params: readonly unknown[], context: CallContext): Promise<unknown> {
    this.asked.push(method);
    this.context = context;
    const [first] = params;
    switch (method) {
      case 'Say':
        return `${String(first)}...`;
      case 'Wait':
        await new Promise<void>((resolve) => {
          this.#waiting.set(String(first), resolve);
          context.signal.addEventListener('abort', () => resolve(), { once: true });
        });
        return first;
      case 'Hash':
        return hashOf((first as IncomingStream).read(context.signal));
      case 'Bytes':
        return zeros(Number(first));
      case 'Pair':
        return this.#pair(first as { Order: string; Files: { Contents: IncomingStream }[] }, context);
      default:
        throw new Error('it went wrong');
    }
  }

  /** Reads its streams in the order that it is told. */
  async #pair(pair: { Order: string; Files: { Contents: IncomingStream }[] }, context: CallContext): Promise<string> {
    const hashes: string[] = [];
    for (const at of pair.Order.split(',').filter(Boolean)) {
      const file = pair.Files[Number(at)];
      if (file) hashes.push(await hashOf(file.Contents.read(context.signal)));
    }
    return hashes.join(' ');
  }
}

export function hostOf(...services: Service[]): ServiceHost {
  return { find: (name) => services.find((s) => s.contract.name === name) };
}

export async function hashOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha1');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** A source of many bytes that takes no memory. */
export function zeros(lengthBytes: number, onProgress?: (sent: number) => void): OutgoingStream {
  return new OutgoingStream(
    lengthBytes,
    async function* () {
      const piece = Buffer.alloc(Math.min(lengthBytes, 1024 * 1024));
      for (let left = lengthBytes; left > 0; left -= Math.min(left, piece.length))
        yield piece.subarray(0, Math.min(left, piece.length));
    },
    onProgress,
  );
}
export function sha1OfZeros(lengthBytes: number): string {
  return createHash('sha1').update(Buffer.alloc(lengthBytes)).digest('hex');
}

export const soon = (): AbortSignal => AbortSignal.timeout(10_000);
