import { createInflateRaw, deflateRaw, deflateRawSync, inflateRawSync, type InflateRaw } from 'node:zlib';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { HalibutError, protocolError } from './errors.ts';
import { type HalibutLimits } from './limits.ts';
import { type Wire } from './wire.ts';

/** Larger documents are deflated and inflated off the event loop. */
const SMALL_BYTES = 64 * 1024;
const SMALL_INFLATED = 1024 * 1024;
/** So often a growing message is tried as a whole before it is fed piece by piece. */
const TRIES = 4;
const deflateAside = promisify(deflateRaw);

/** Up to here nothing is gained by compressing: it leaves in one packet either way, and setting zlib up takes longer. */
const STORED_BYTES = 1_200;
const STORED_HEAD_BYTES = 5;
/** BFINAL 1, BTYPE 00, and five bits of padding (RFC 1951, 3.2.4). */
const STORED_FINAL = 1;

/** A message on the wire: raw deflate with its final block, in whatever blocks (halibut.md 3.2). */
export async function deflated(document: Buffer): Promise<Buffer> {
  if (document.length <= STORED_BYTES) return stored(document);
  if (document.length > SMALL_BYTES) return deflateAside(document);
  // A small window is set up in less time than the document takes.
  return deflateRawSync(document, { level: 6, windowBits: 12, memLevel: 5 });
}

function stored(document: Buffer): Buffer {
  const block = Buffer.allocUnsafe(STORED_HEAD_BYTES + document.length);
  block[0] = STORED_FINAL;
  block.writeUInt16LE(document.length, 1);
  block.writeUInt16LE(0xffff - document.length, 3);
  block.set(document, STORED_HEAD_BYTES);
  return block;
}

/** A message that is one stored block needs no zlib. `more`: it is one, and not all of it is here. */
function readStored(wire: Wire): Buffer | 'more' | undefined {
  const bytes = wire.peek();
  if (((bytes[0] ?? 0) & 7) !== STORED_FINAL) return undefined;
  if (bytes.length < STORED_HEAD_BYTES) return 'more';
  const size = bytes.readUInt16LE(1);
  if (bytes.readUInt16LE(3) !== 0xffff - size) throw protocolError(`${wire.peer} sent what is no message`);
  if (bytes.length < STORED_HEAD_BYTES + size) return 'more';
  const document = Buffer.from(bytes.subarray(STORED_HEAD_BYTES, STORED_HEAD_BYTES + size));
  wire.skip(STORED_HEAD_BYTES + size);
  return document;
}

/**
 * Reads one deflated document and nothing behind it: its end is its final block (3.3). Undefined when the peer left
 * before the first byte. `firstMs` is the wait for that byte.
 */
export async function readDeflated(
  wire: Wire,
  limits: HalibutLimits,
  firstMs: number,
  waitingFor: string,
): Promise<Buffer | undefined> {
  if (!(await wire.more(0, firstMs, waitingFor))) return undefined;
  for (let document = readStored(wire); document; document = readStored(wire)) {
    if (document !== 'more') return document;
    if (!(await wire.more(wire.sizeBytes, limits.readWriteMs, 'the rest of a message'))) throw wire.lost();
  }
  for (let tries = 0; tries < TRIES && wire.sizeBytes <= SMALL_BYTES; tries++) {
    const document = inflateWhole(wire);
    if (document === 'large') break;
    if (document) return document;
    if (!(await wire.more(wire.sizeBytes, limits.readWriteMs, 'the rest of a message'))) throw wire.lost();
  }
  return inflatePieces(wire, limits);
}

/** All of it may be here already. Undefined: not yet. */
function inflateWhole(wire: Wire): Buffer | 'large' | undefined {
  try {
    const { buffer, engine } = inflateRawSync(wire.peek(), {
      info: true,
      maxOutputLength: SMALL_INFLATED,
    }) as unknown as {
      readonly buffer: Buffer;
      readonly engine: InflateRaw;
    }; // what `info` asks for
    wire.skip(engine.bytesWritten);
    return buffer;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'Z_BUF_ERROR') return undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') return 'large';
    throw protocolError(`${wire.peer} sent what is no message`, error);
  }
}

/**
 * Node's inflater does not say that it is done unless bytes are left over (11.3). So either it leaves some, or the
 * document is complete and the whole of what was fed inflates by itself.
 */
async function inflatePieces(wire: Wire, limits: HalibutLimits): Promise<Buffer> {
  const inflater = createInflateRaw();
  const fed: Buffer[] = [];
  const out: Buffer[] = [];
  let fedBytes = 0;
  let outBytes = 0;
  let failure: Error | undefined;
  inflater.on('data', (chunk: Buffer) => {
    out.push(chunk);
    outBytes += chunk.length;
  });
  inflater.on('error', (error) => (failure = error));
  try {
    for (;;) {
      if (!(await wire.more(0, limits.readWriteMs, 'the rest of a message'))) throw wire.lost();
      const chunk = wire.take(SMALL_BYTES);
      fed.push(chunk);
      fedBytes += chunk.length;
      await feed(inflater, chunk);
      if (failure) throw protocolError(`${wire.peer} sent what is no message`, failure);
      if (outBytes > limits.messageBytes || fedBytes > limits.messageBytes) throw tooLarge(wire, limits);
      const used = whereItEnds(inflater, fed, fedBytes, out, outBytes);
      if (used === undefined) continue;
      wire.unread(chunk.subarray(chunk.length - (fedBytes - used)));
      return Buffer.concat(out, outBytes);
    }
  } finally {
    inflater.destroy();
  }
}

async function feed(inflater: InflateRaw, chunk: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      inflater.off('end', done).off('error', done);
      resolve();
    };
    inflater.once('end', done).once('error', done);
    inflater.write(chunk, done);
  });
  await turn();
}

function whereItEnds(
  inflater: InflateRaw,
  fed: readonly Buffer[],
  fedBytes: number,
  out: Buffer[],
  outBytes: number,
): number | undefined {
  if (inflater.bytesWritten < fedBytes) return inflater.bytesWritten;
  if (outBytes < 4) return undefined;
  const head = Buffer.concat(out.slice(0, 4));
  if (outBytes < head.readInt32LE(0)) return undefined;
  try {
    const { engine } = inflateRawSync(Buffer.concat(fed), { info: true }) as unknown as { readonly engine: InflateRaw }; // as above
    return engine.bytesWritten;
  } catch (error) {
    if ((error as { code?: string }).code === 'Z_BUF_ERROR') return undefined; // the final block is still to come
    throw error;
  }
}

function tooLarge(wire: Wire, limits: HalibutLimits): HalibutError {
  const text = `${wire.peer} sent a message of more than ${limits.messageBytes / 1024 / 1024} MiB`;
  return new HalibutError('OCTO_TRANSPORT_PROTOCOL', text, { started: 'maybe', isRetryable: false });
}
