import { knownType } from './contract-names.ts';
import { type Request } from './messages.ts';
import { type Fields, isFields, StockStream } from './values.ts';

/** What may stand at a place of params: text, a stream, or an object of that `$type`. Null may always (halibut.md 3.12). */
export type Param = 'text' | 'stream' | { readonly type: string };

export interface StockMethod {
  readonly params: readonly Param[];
  invoke(...params: never[]): unknown;
}

export interface StockService {
  /** As .NET names the class, for texts of errors. */
  readonly className: string;
  readonly methods: Readonly<Record<string, StockMethod>>;
}

/** The registered services of an agent, with the texts of a Tentacle where a call does not fit them (3.11). */
export class AgentHost {
  readonly #services: ReadonlyMap<string, StockService>;
  readonly #calls: Request[] = [];

  constructor(services: Readonly<Record<string, StockService>>) {
    this.#services = new Map(Object.entries(services));
  }

  /** Every request that came, the first one first. */
  get calls(): readonly Request[] {
    return this.#calls;
  }

  /** The members `error` and `result` of a response. A call that fails does not harm the connection. */
  async invoke(request: Request): Promise<{ readonly error: Fields | null; readonly result: unknown }> {
    this.#calls.push(request);
    const service = this.#services.get(request.service);
    if (service === undefined) return failed(unknownService(request.service));
    const method = Object.entries(service.methods).find(
      ([name]) => name.toLowerCase() === request.method.toLowerCase(),
    );
    if (method === undefined)
      return failed(named('MethodNotFound', `Method ${service.className}::${request.method}Async not found`));
    const [name, { params, invoke }] = method;
    if (!fits(request.params, params)) return failed(ambiguous(service.className, name, request));
    try {
      return { error: null, result: (await invoke(...(request.params as never[]))) ?? null }; // fits() has looked at them
    } catch (error) {
      return failed(thrown(error));
    }
  }
}

function fits(given: readonly unknown[], declared: readonly Param[]): boolean {
  return given.length === declared.length && declared.every((param, n) => fitsOne(given[n], param));
}

function fitsOne(value: unknown, param: Param): boolean {
  if (value === null) return true;
  if (param === 'text') return typeof value === 'string';
  if (param === 'stream') return value instanceof StockStream;
  if (!isFields(value) || Object.keys(value)[0] !== '$type') return false; // elsewhere it says nothing (3.7)
  return knownType(String(value.$type)) === param.type;
}

function failed(error: Fields): { readonly error: Fields; readonly result: null } {
  return { error, result: null };
}

function unknownService(name: string): Fields {
  const message = `Error: ${name} has not been registered through an IAutofacServiceSource`;
  const details = `Octopus.Tentacle.Communications.UnknownServiceNameException: ${message}${STACK}`;
  return { message, details, HalibutErrorType: null };
}

function named(kind: 'MethodNotFound' | 'AmbiguousMethodMatch', message: string): Fields {
  const type = `Halibut.Exceptions.${kind}HalibutClientException`;
  return { message, details: `${type}: ${message}${STACK}`, HalibutErrorType: type };
}

function ambiguous(className: string, name: string, { params }: Request): Fields {
  const kinds = params.map((value) => (value === null ? '<null>' : isFields(value) ? 'JObject' : typeof value));
  return named(
    'AmbiguousMethodMatch',
    `Could not decide which candidate to call out of the following methods:\r\n - ${className}.${name}Async\r\nThe request arguments are: ${kinds.join(', ')}`,
  );
}

function thrown(error: unknown): Fields {
  const message = error instanceof Error ? error.message : String(error);
  const details = `System.Reflection.TargetInvocationException: Exception has been thrown by the target of an invocation.\n ---> System.IO.IOException: ${message}${STACK}`;
  return { message, details, HalibutErrorType: null };
}

const STACK = '\n   at Halibut.ServiceModel.ServiceInvoker.InvokeAsync(RequestMessage requestMessage)';
