import { Binary } from 'bson';
import { type Limit } from '../faults/limited.ts';
import { type ByteQueue } from './byte-queue.ts';
import { decode, plain, readBson } from './codec.ts';
import { DATA_STREAM, knownType, REQUEST, RESPONSE } from './contract-names.ts';
import { type Fields, guidText, isFields, member, StockStream, WireError } from './values.ts';

export interface Request {
  readonly id: string;
  readonly service: string;
  readonly method: string;
  readonly params: readonly unknown[];
}

export interface Response {
  readonly id: string;
  readonly error: Fields | null;
  readonly result: unknown;
}

/** The next message with its streams; null when it says that there is nothing to do, undefined when the peer has left. */
export async function readRequest(input: ByteQueue, first: Limit, later: Limit): Promise<Request | null | undefined> {
  const message = await readMessage(input, REQUEST, first, later);
  if (message == null) return message;
  const { id, service, method, params, endpoint } = message;
  if (isFields(endpoint) && !URL.canParse(String(endpoint.BaseUri)))
    throw new WireError('the endpoint of a request has no BaseUri'); // 3.9
  if (typeof id !== 'string' || typeof service !== 'string' || typeof method !== 'string')
    throw new WireError('a request lacks its id, service or method');
  return { id, service, method, params: Array.isArray(params) ? params : [] };
}

/** The answer to a request, with its stream. */
export async function readResponse(input: ByteQueue, first: Limit, later: Limit): Promise<Response> {
  const message = await readMessage(input, RESPONSE, first, later);
  if (message == null) throw new WireError('the peer left, or sent an empty message, where a response was to come');
  const { id, error, result } = message;
  return { id: String(id), error: isFields(error) ? error : null, result: result ?? null };
}

async function readMessage(input: ByteQueue, kind: string, first: Limit, later: Limit) {
  const bson = await readBson(input, first, later);
  if (bson === undefined) return undefined;
  const { Message: message = null } = decode(bson) as { readonly Message?: unknown };
  if (message === null) return null;
  if (!isFields(message)) throw new WireError('a message is no object');
  if (message.$type !== undefined && message.$type !== kind) throw new WireError(`a message came that is no ${kind}`);
  checkTypes(message);
  const streams = await readStreams(input, referencesIn(message), later);
  return bound(plain(message), streams) as Fields; // an object stays one
}

/** Only names of the contracts are allowed; any other one ends the connection (3.7). Not in front, it is not seen. */
function checkTypes(value: unknown): void {
  if (Array.isArray(value)) return value.forEach(checkTypes);
  if (!isFields(value)) return;
  if (Object.keys(value)[0] === '$type' && knownType(String(value.$type)) === undefined)
    throw new WireError(`${String(value.$type)} is no type of a contract`);
  Object.values(value).forEach(checkTypes);
}

/** Ids of the streams of a message, where its contract has one: nowhere else is a reference looked for (4.1). */
export function referencesIn(message: Fields): readonly Buffer[] {
  const params = Array.isArray(message.params) ? (message.params as readonly unknown[]) : [];
  const files = params.map((param) => member(param, 'Files')).flatMap((list) => (Array.isArray(list) ? list : []));
  const places = [
    ...[...params, message.result].filter((value) => isFields(value) && value.$type === DATA_STREAM),
    ...files.map((file) => member(file, 'Contents')),
  ];
  return places.flatMap((place) => idIn(place) ?? []);
}

function idIn(reference: unknown): Buffer | undefined {
  const id = member(reference, 'id');
  return id instanceof Binary && id.position === 16 ? Buffer.from(id.value()) : undefined;
}

/** One frame for each reference, in any order (4.2). */
async function readStreams(input: ByteQueue, ids: readonly Buffer[], limit: Limit) {
  const missing = ids.map((id) => id.toString('hex'));
  const streams = new Map<string, StockStream>();
  while (missing.length > 0) {
    const head = await input.exactly(24, 'the head of a stream', limit);
    const [id, length] = [head.subarray(0, 16), head.readBigInt64LE(16)];
    const at = missing.indexOf(id.toString('hex'));
    if (at < 0) throw new WireError(`Unexpected stream! ${guidText(id)}`);
    missing.splice(at, 1);
    const bytes = await input.exactly(Number(length), 'a stream', limit);
    const tail = await input.exactly(8, 'the tail of a stream', limit);
    if (tail.readBigInt64LE(0) !== length) throw new WireError('Data stream size mismatch');
    streams.set(id.toString('hex'), new StockStream(bytes, id));
  }
  return streams;
}

/** The streams in place of their references. */
function bound(value: unknown, streams: ReadonlyMap<string, StockStream>): unknown {
  if (Array.isArray(value)) return value.map((item) => bound(item, streams));
  if (!isFields(value)) return value;
  const stream = streams.get(idIn(value)?.toString('hex') ?? '');
  if (stream !== undefined) return stream;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, bound(item, streams)]));
}
