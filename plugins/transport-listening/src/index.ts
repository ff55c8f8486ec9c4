import { Halibut, type HttpProxy, type ListeningCaller } from '@octo/halibut';
import {
  Clock,
  type ConnectionLimits,
  definePlugin,
  defineTransport,
  InputError,
  type Proxy,
  ServerIdentity,
} from '@octo/kernel';
import { openTentacleSession } from '@octo/tentacle';
import { z } from 'zod';

const DEFAULT_PORT = 10_933;

const endpoint = z.looseObject({
  Uri: z.string().describe('where the Tentacle listens, e.g. https://web-1:10933/'),
  Thumbprint: z.string().describe("thumbprint of the Tentacle's certificate: 40 hexadecimal digits"),
  ProxyId: z.string().nullish().describe('proxy that leads there, by name or id'),
});

/** A machine whose Tentacle waits for us (R127): we call it, and know it by its certificate. */
export const listening = defineTransport({
  style: 'TentaclePassive',
  word: 'listening',
  endpoint,
  reach: 'anywhere',
  deps: { identity: ServerIdentity, clock: Clock },
  create({ identity, clock }) {
    const wire = lazyWire(identity);
    /** One per machine and way of reaching it; its connections are shared by all sessions. */
    const callers = new Map<string, ListeningCaller>();
    const callerOf = async (target: Target): Promise<ListeningCaller> => {
      const key = JSON.stringify(target);
      const known = callers.get(key);
      if (known) return known;
      const made = (await wire()).caller(target.to, limitsOf(target.limits));
      const other = callers.get(key); // meanwhile
      if (other) return other;
      callers.set(key, made);
      return made;
    };
    return {
      async open(to) {
        const { Uri, Thumbprint: thumbprint, ProxyId } = to.endpoint;
        const proxy = ProxyId ? httpProxy(await to.proxy(ProxyId)) : undefined;
        const target = { ...placeOf(Uri), thumbprint, ...(proxy && { proxy }) };
        const caller = await callerOf({ to: target, limits: to.limits });
        return openTentacleSession({ caller, clock, limits: to.limits, log: to.log });
      },
      async discover({ host, port, proxy }, signal) {
        const at = { host, port: port || DEFAULT_PORT, ...(proxy && { proxy: httpProxy(proxy) }) };
        const { thumbprint } = await (await wire()).discover(at, signal);
        return { Uri: `https://${host.includes(':') ? `[${host}]` : host}:${at.port}/`, Thumbprint: thumbprint };
      },
      async [Symbol.asyncDispose]() {
        await Promise.all([...callers.values()].map((caller) => caller[Symbol.asyncDispose]()));
        callers.clear();
      },
    };
  },
});

interface Target {
  readonly to: {
    readonly host: string;
    readonly port: number;
    readonly thumbprint: string;
    readonly proxy?: HttpProxy;
  };
  readonly limits: ConnectionLimits;
}

/** The installation's certificate, read when the first machine is called. */
function lazyWire(identity: ServerIdentity): () => Promise<Halibut> {
  let made: Promise<Halibut> | undefined;
  const make = async () => {
    const { certificatePem, privateKeyPem, thumbprint } = await identity.get();
    return new Halibut({ identity: { certificatePem, privateKeyPem: privateKeyPem.reveal(), thumbprint } });
  };
  return () => {
    made ??= make();
    made.catch(() => (made = undefined)); // asked for anew the next time
    return made;
  };
}

/** What a machine policy says about connecting (R121–R124). */
function limitsOf({ connectTimeoutMs, retryAttempts, retrySleepMs, retryTimeLimitMs }: ConnectionLimits) {
  return {
    connectMs: connectTimeoutMs,
    connectAttempts: retryAttempts,
    connectSleepMs: retrySleepMs,
    connectTotalMs: retryTimeLimitMs,
  };
}

function placeOf(uri: string): { readonly host: string; readonly port: number } {
  if (!URL.canParse(uri))
    throw new InputError('OCTO_WORKER_ENDPOINT', `"${uri}" is no address of a listening Tentacle`, {
      hint: 'it looks like https://web-1:10933/',
    });
  const { hostname, port } = new URL(uri);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || DEFAULT_PORT };
}

function httpProxy({ host, port, username, password }: Proxy): HttpProxy {
  return { host, port, ...(username !== undefined && { username }), ...(password && { password: password.reveal() }) };
}

export default definePlugin({ name: '@octo/plugin-transport-listening', contract: 1, transports: [listening] });
