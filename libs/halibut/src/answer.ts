import { type Service, type ServiceHost } from './contract.ts';
import { asServerError, ServerError } from './errors.ts';
import { deflated } from './framing.ts';
import { Frames, writeFrame } from './frames.ts';
import { type HalibutLimits } from './limits.ts';
import { ambiguous, bindParams, type Request, writeError, writeResult } from './message.ts';
import { type Written } from './bson-write.ts';
import { type Wire } from './wire.ts';
import { type IncomingStream } from './incoming.ts';

/** A request held against the services: what to call, with what. */
export interface Bound {
  readonly streams: readonly IncomingStream[];
  /** Calls the service; its result or its error, written. Never rejects. */
  invoke(peerThumbprint: string, signal: AbortSignal): Promise<Written>;
}

/** Throws OCTO_TRANSPORT_PROTOCOL where the request cannot be understood at all; everything else is answered. */
export function bindRequest(request: Request, host: ServiceHost): Bound {
  const service = host.find(request.service);
  const name = service && methodOf(service, request.method);
  const contract = name === undefined ? undefined : service?.contract.methods[name];
  const bound = bindParams(request, contract ?? { params: [], result: { kind: 'nothing' } });
  return {
    streams: bound.streams,
    async invoke(peerThumbprint, signal) {
      try {
        if (!service) throw host.unknownService?.(request.service) ?? noService(request.service);
        if (name === undefined || !contract) throw noMethod(service, request.method);
        if (!bound.fits) throw ambiguous(`${request.service}.${name}`);
        const result = await service.invoke(name, bound.params, { signal, peerThumbprint });
        return writeResult(request.id, result, contract.result);
      } catch (error) {
        return writeError(request.id, asServerError(error));
      }
    },
  };
}

/** Calls the service of a request that was read from `wire`, and answers; what it left unread is passed over. */
export async function answer(
  wire: Wire,
  request: Request,
  { services, peerThumbprint, limits }: { services: ServiceHost; peerThumbprint: string; limits: HalibutLimits },
): Promise<void> {
  const bound = bindRequest(request, services);
  const frames = new Frames(wire, limits, bound.streams);
  const written = await bound.invoke(peerThumbprint, wire.closed);
  await frames.drain();
  await wire.write(await deflated(written.bytes), limits.readWriteMs);
  for (const stream of written.streams) await writeFrame(wire, stream, limits, wire.closed);
}

/** Method names ignore case (halibut.md 3.9). */
function methodOf(service: Service, method: string): string | undefined {
  const { methods } = service.contract;
  if (Object.hasOwn(methods, method)) return method;
  const lower = method.toLowerCase();
  return Object.keys(methods).find((name) => name.toLowerCase() === lower);
}

function noService(name: string): ServerError {
  const type = 'Halibut.Exceptions.ServiceNotFoundHalibutClientException';
  return new ServerError(`Service not found: ${name}`, `${type}: Service not found: ${name}`, type);
}

function noMethod(service: Service, method: string): ServerError {
  const type = 'Halibut.Exceptions.MethodNotFoundHalibutClientException';
  const text = `Method ${service.contract.name}::${method}Async not found`;
  return new ServerError(text, `${type}: ${text}`, type);
}
