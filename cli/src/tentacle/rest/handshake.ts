import { type HttpProxy } from './dial.ts';
import { exchange } from './exchange.ts';
import { known, RestFailure } from './failures.ts';

const TRIES = 5;

/**
 * Asks at the server's communications port whether somebody is there (halibut.md 9.3.3, step 0). No certificate of ours
 * is shown and any of theirs is accepted. Five tries back to back, as the real program does it: nothing is slept.
 */
export async function checkHandshake(comms: string, proxy: HttpProxy | undefined, signal: AbortSignal): Promise<void> {
  const url = new URL('/handshake', comms);
  let last: unknown;
  for (let left = TRIES; left > 0; left--) {
    try {
      const { status } = await exchange(
        { method: 'POST', url, headers: { Connection: 'Keep-Alive' } },
        { proxy, onUntrusted: () => {} },
        signal,
      );
      if (status === 200 || status === 400) return;
      last = new RestFailure('OCTO_REGISTER_STATUS', `${url.href} answered ${status}`, { status });
    } catch (error) {
      signal.throwIfAborted();
      last = error;
    }
  }
  const why = last instanceof Error ? last.message : String(last);
  throw new RestFailure('OCTO_REGISTER_CONNECT', `no server answers at ${comms} after ${TRIES} tries: ${why}`, {
    cause: last,
    hint: 'check --server-comms-port, --server-comms-address and the firewall',
  });
}

/**
 * Where a polling agent connects to, as `https://host:port`: the host of `address` or else of the server; the port is the
 * option's, else the address's own, else 10943 (R40).
 */
export function commsAddress(server: string, address: string | undefined, port: number | undefined): string {
  const text = address ?? server;
  const own = address === undefined ? undefined : explicitPort(address);
  const host = URL.parse(text)?.hostname;
  const comms = `https://${host}:${port ?? own ?? DEFAULT_COMMS_PORT}`;
  if (host && URL.canParse(comms)) return comms;
  const at = port === undefined ? '' : ` with port ${port}`;
  throw new RestFailure('OCTO_REGISTER_CONNECT', `${text}${at} is no address of a server`, {
    hint: 'write --server-comms-address as https://host:port',
  });
}

const DEFAULT_COMMS_PORT = 10943;

/** URL forgets the port when it is the scheme's own. */
function explicitPort(address: string): string | undefined {
  return /^[a-z][a-z\d+.-]*:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/i.exec(address)?.[1];
}

/** Where an agent goes that may only leave by 443; `https:` is meant as `wss:`. */
export function webSocketAddress(text: string): string {
  const address = text.replace(/^http(s?):/i, 'ws$1:');
  if (URL.canParse(address) && /^wss?:/i.test(address)) return address;
  throw known(`The address of a web socket begins with wss://, not '${text}'`);
}
