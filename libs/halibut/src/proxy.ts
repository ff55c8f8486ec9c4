import { type Socket } from 'node:net';
import { HalibutError } from './errors.ts';

/** An HTTP proxy that knows CONNECT (halibut.md 1.6). */
export interface HttpProxy {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
}

const MOST_BYTES = 16 * 1024;

/** Asks the proxy, on a socket that is connected to it, for a way to `target` ('host:port'). */
export async function throughProxy(socket: Socket, proxy: HttpProxy, target: string, limitMs: number): Promise<void> {
  const { username, password = '' } = proxy;
  const login = Buffer.from(`${username}:${password}`).toString('base64');
  const words = username ? `Proxy-Authorization: Basic ${login}\r\n` : '';
  socket.write(`CONNECT ${target} HTTP/1.0\r\nHost: ${target}\r\n${words}\r\n`);
  const status = await readStatus(socket, proxy, limitMs);
  const code = / (\d{3})/.exec(status)?.[1];
  if (code === '200') return;
  throw refusal(proxy, `answered '${status.slice(0, 100)}' when asked for ${target}`);
}

/** The status line. Byte by byte where the answer ends: what follows is the target's. */
function readStatus(socket: Socket, proxy: HttpProxy, limitMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let head = '';
    const timer = setTimeout(() => fail(`was silent for ${limitMs / 1000} s`), limitMs);
    const leave = () => {
      clearTimeout(timer);
      socket.off('readable', read).off('close', closed).off('error', closed);
    };
    const fail = (what: string) => {
      leave();
      socket.destroy();
      reject(refusal(proxy, what));
    };
    const closed = () => fail('closed the connection');
    const read = () => {
      for (let byte = socket.read(1) as Buffer | null; byte; byte = socket.read(1) as Buffer | null) {
        head += byte.toString('latin1');
        if (head.length > MOST_BYTES) return fail('answered with an endless header');
        if (!head.endsWith('\r\n\r\n')) continue;
        leave();
        return resolve(head.slice(0, head.indexOf('\r\n')));
      }
    };
    socket.on('readable', read).once('close', closed).once('error', closed);
  });
}

function refusal(proxy: HttpProxy, what: string): HalibutError {
  return new HalibutError('OCTO_TRANSPORT_PROXY', `the proxy ${proxy.host}:${proxy.port} ${what}`, {
    started: 'no',
    hint: 'check its address, user name and password, and that it allows the target',
  });
}
