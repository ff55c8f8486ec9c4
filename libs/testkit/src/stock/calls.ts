import { Binary } from 'bson';
import { REQUEST } from './contract-names.ts';
import { readResponse } from './messages.ts';
import { type Fields, guidText, randomGuid, textMember, WireError } from './values.ts';
import { type Wire } from './wire.ts';

/** Who can be asked: a listening agent by a pool of connections, a polling one by its queue. */
export interface StockClient {
  /** Streams stand in params as `StockStream`, objects begin with their `$type`; void is null. */
  call(service: string, method: string, params?: readonly unknown[], signal?: AbortSignal): Promise<unknown>;
}

export interface Call {
  readonly id: string;
  /** The whole request message. */
  readonly message: Fields;
}

/** The agent answered with an error. */
export class StockRemoteError extends Error {
  override readonly name = 'StockRemoteError';
  readonly details: string;
  readonly errorType: string | undefined;

  constructor(error: Fields) {
    super(textMember(error, 'message') ?? '');
    this.details = textMember(error, 'details') ?? '';
    this.errorType = textMember(error, 'HalibutErrorType');
  }
}

/** The call failed on its way. `connecting`: it was never executed; `unknown`: it may have been (halibut.md 2.5). */
export class StockCallError extends Error {
  override readonly name = 'StockCallError';
  readonly state: 'connecting' | 'unknown';

  constructor(message: string, state: 'connecting' | 'unknown', cause?: unknown) {
    super(message, { cause });
    this.state = state;
  }
}

/** Makes request messages as the .NET client writes them, all its members included (3.9). */
export class CallMaker {
  readonly #to: { readonly baseUri: string; readonly thumbprint: string };
  #count = 0;

  constructor(to: { readonly baseUri: string; readonly thumbprint: string }) {
    this.#to = to;
  }

  make(service: string, method: string, params: readonly unknown[]): Call {
    const guid = randomGuid();
    const id = `${service}::${method}Async[${++this.#count}] / ${guidText(guid)}`;
    const endpoint = {
      PollingRequestQueueTimeout: '00:02:00',
      RetryListeningSleepInterval: '00:00:01',
      RetryCountLimit: 5,
      ConnectionErrorRetryTimeout: '00:05:00',
      TcpClientConnectTimeout: '00:01:00',
      BaseUri: this.#to.baseUri,
      RemoteThumbprint: this.#to.thumbprint,
      Proxy: null,
      ForceResolveHost: null,
      IsWebSocketEndpoint: false,
    };
    const activityId = new Binary(guid, 4);
    return { id, message: { $type: REQUEST, id, activityId, endpoint, service, method, params: [...params] } };
  }
}

/** One request and its response; after an error of the wire the connection is of no more use. */
export async function exchange(wire: Wire, { id, message }: Call): Promise<() => unknown> {
  await wire.send(message);
  const later = { limitMs: wire.limits.eachMs };
  const response = await readResponse(wire.input, { limitMs: wire.limits.responseMs }, later);
  if (response.id !== id) throw new WireError(`the response to ${response.id} came where that to ${id} was to come`);
  return () => {
    if (response.error !== null) throw new StockRemoteError(response.error);
    return response.result;
  };
}
