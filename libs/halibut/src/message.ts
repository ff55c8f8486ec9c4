import { type Document, readBson } from './bson-read.ts';
import { type Written, writeBson } from './bson-write.ts';
import { type Call, type MethodContract, type TypeContract } from './contract.ts';
import { protocolError, ServerError } from './errors.ts';
import { IncomingStream } from './incoming.ts';
import { type HalibutLimits } from './limits.ts';
import { isOutgoing, STREAM_TYPE, TypedStream } from './outgoing.ts';
import { Guid } from './values.ts';

const REQUEST = 'Halibut.Transport.Protocol.RequestMessage, Halibut';
const RESPONSE = 'Halibut.Transport.Protocol.ResponseMessage, Halibut';

export interface Request {
  readonly kind: 'request';
  readonly id: string;
  readonly service: string;
  readonly method: string;
  /** As they came, not held against a contract yet. */
  readonly params: readonly unknown[];
}
export interface Response {
  readonly kind: 'response';
  readonly id: string;
  readonly error:
    { readonly message: string; readonly details: string; readonly errorType: string | undefined } | undefined;
  readonly result: unknown;
}
/** `nothing`: a polling client had no work (halibut.md 2.6). */
export type Message = Request | Response | { readonly kind: 'nothing' };

/** The empty message, deflated: it never differs. */
export const NOTHING_DEFLATED = Buffer.from('e3636060e0f24d2d2e4e4c4f65600000', 'hex');

/** The request of a call, and its id. `endpoint` is where it is headed; peers take the short form (3.9). */
export function writeRequest(
  call: Call,
  number: number,
  endpoint: { readonly BaseUri: string; readonly RemoteThumbprint: string },
): { readonly id: string; readonly written: Written } {
  const activityId = Guid.random();
  const { name, methods } = call.service;
  const contract = methods[call.method];
  if (!contract) throw new TypeError(`${name} has no method ${call.method}`);
  const id = `${name}::${call.method}Async[${number}] / ${activityId.toString()}`;
  const params = contract.params.map((type, at) => typed(type, call.params[at] ?? null));
  const members = { $type: REQUEST, id, activityId, endpoint, service: name, method: call.method, params };
  return { id, written: writeBson({ Message: members }) };
}

export function writeResult(id: string, result: unknown, type: TypeContract): Written {
  return writeBson({ Message: { $type: RESPONSE, id, error: null, result: typed(type, result ?? null) } });
}

export function writeError(
  id: string,
  error: { readonly message: string; readonly details: string; readonly errorType: string | undefined },
): Written {
  const { message, details, errorType = null } = error;
  const members = { $type: RESPONSE, id, error: { message, details, HalibutErrorType: errorType }, result: null };
  return writeBson({ Message: members });
}

/** `$type` goes first, and only here: where the declared type is `object` (3.7). */
function typed(type: TypeContract, value: unknown): unknown {
  if (value === null) return null;
  if (type.kind === 'object') return { $type: type.type, ...(value as object) }; // the contract says that it is one
  if (isOutgoing(value)) return new TypedStream(value);
  return value;
}

export function readMessage(bytes: Uint8Array, limits: HalibutLimits): Message {
  const { Message: message } = readBson(bytes, limits);
  if (message === null) return { kind: 'nothing' };
  if (!isDocument(message)) throw protocolError('a message is no object');
  const type = message['$type'] === undefined ? guess(message) : typeName(message['$type']);
  if (type === REQUEST) return readRequest(message);
  if (type === RESPONSE) return readResponse(message);
  throw protocolError(`a message has the type '${String(message['$type']).slice(0, 200)}'`);
}

/** Peers of today do without `$type` here (3.1). */
function guess(message: Document): string {
  return 'service' in message ? REQUEST : RESPONSE;
}

function readRequest(message: Document): Request {
  const { id, service, method, params } = message;
  if (typeof id !== 'string' || typeof service !== 'string' || typeof method !== 'string')
    throw protocolError('a request lacks its id, service or method');
  if (params !== null && params !== undefined && !Array.isArray(params))
    throw protocolError('the params of a request are no list');
  return { kind: 'request', id, service, method, params: params ?? [] };
}

function readResponse(message: Document): Response {
  const { id, error, result = null } = message;
  if (typeof id !== 'string') throw protocolError('a response lacks its id');
  if (!isDocument(error)) return { kind: 'response', id, error: undefined, result };
  const { message: text, details, HalibutErrorType: errorType } = error;
  const words = { message: wordsOf(text), details: wordsOf(details), errorType: wordsOf(errorType) || undefined };
  return { kind: 'response', id, error: words, result };
}
const wordsOf = (it: unknown) => (typeof it === 'string' ? it : '');

/** A parameter list that fits no contract is answered, not punished: the .NET service says that it is ambiguous (3.11). */
export function ambiguous(method: string): ServerError {
  const type = 'Halibut.Exceptions.AmbiguousMethodMatchHalibutClientException';
  const text = `Could not decide which candidate to call out of the following methods: ${method}`;
  return new ServerError(text, `${type}: ${text}`, type);
}

/** Params as the service takes them: types checked and taken away, streams in their places. */
export function bindParams(
  request: Request,
  contract: MethodContract,
): { readonly params: readonly unknown[]; readonly streams: readonly IncomingStream[]; readonly fits: boolean } {
  const streams: IncomingStream[] = [];
  const fits = request.params.length === contract.params.length;
  const params = request.params.map((value, at) => bind(value, contract.params[at] ?? { kind: 'nothing' }, streams));
  return { params, streams, fits: fits && params.every((p) => p !== MISFIT) };
}

export function bindResult(
  value: unknown,
  type: TypeContract,
): { readonly result: unknown; readonly streams: readonly IncomingStream[] } {
  const streams: IncomingStream[] = [];
  if (type.kind === 'nothing') return { result: null, streams };
  const result = bind(value, type, streams);
  if (result === MISFIT) throw protocolError('a result is not of the type that the contract names');
  return { result, streams };
}

const MISFIT = Symbol('misfit');

function bind(value: unknown, type: TypeContract, streams: IncomingStream[]): unknown {
  if (value === null || value === undefined) return null;
  const name = isDocument(value) && value['$type'] !== undefined ? typeName(value['$type']) : undefined;
  if (name === STREAM_TYPE) {
    const stream = streamOf(value);
    streams.push(stream); // its bytes come, whatever the service thinks of it
    return type.kind === 'stream' ? stream : MISFIT;
  }
  switch (type.kind) {
    case 'text':
      return typeof value === 'string' ? value : MISFIT;
    case 'object':
      return bindObject(value, name, type, streams);
    case 'stream':
    case 'nothing':
      return MISFIT;
  }
}

function bindObject(
  value: unknown,
  name: string | undefined,
  type: Extract<TypeContract, { kind: 'object' }>,
  streams: IncomingStream[],
): unknown {
  if (!isDocument(value) || name === undefined) return MISFIT;
  if (name !== type.type && !type.alsoReads.includes(name))
    throw protocolError(`a value has the type '${name.slice(0, 200)}', which is not allowed here`);
  const { $type: _, ...members } = value;
  for (const path of type.streams) place(members, path.split('.'), streams);
  return members;
}

/** Put streams where the contract says that they stand. Members are found whatever their case (3.4). */
function place(holder: unknown, path: readonly string[], streams: IncomingStream[]): void {
  const [step = '', ...rest] = path;
  if (!isDocument(holder) && !Array.isArray(holder)) return;
  const keys = step === '*' ? Object.keys(holder) : [memberOf(holder as Document, step)];
  for (const key of keys) {
    const held = holder as Record<string, unknown>; // of an array, too: its keys are its indices
    const value = key === undefined ? undefined : held[key];
    if (key === undefined || value === null || value === undefined) continue;
    if (rest.length > 0) {
      place(value, rest, streams);
      continue;
    }
    const stream = streamOf(value);
    streams.push(stream);
    held[key] = stream;
  }
}

/** Name of a member as it is spelt here. */
export function memberOf(holder: Readonly<Record<string, unknown>>, name: string): string | undefined {
  if (name in holder) return name;
  const lower = name.toLowerCase();
  return Object.keys(holder).find((key) => key.toLowerCase() === lower);
}

function streamOf(value: unknown): IncomingStream {
  if (!isDocument(value)) throw protocolError('a data stream is no object');
  const id = value[memberOf(value, 'id') ?? 'id'];
  const length = Number(value[memberOf(value, 'length') ?? 'length']);
  if (!(id instanceof Guid) || !Number.isSafeInteger(length) || length < 0)
    throw protocolError('a data stream lacks its id or its length');
  return new IncomingStream(id, length);
}

/** 'Type, Assembly' without version and key, which .NET takes, too (3.7). */
function typeName(type: unknown): string {
  return String(type).split(',', 2).map((part) => part.trim()).join(', '); // prettier-ignore
}

function isDocument(value: unknown): value is Document {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Guid) &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array)
  );
}
