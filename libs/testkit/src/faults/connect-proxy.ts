import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What one client asked for. */
export interface ProxyRequest {
  /** `host:port` as written. */
  readonly target: string;
  /** The line with which it began, without its end. */
  readonly line: string;
  /** The values of the header lines by name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Status of the answer; undefined while it hangs. */
  readonly status: number | undefined;
}

/** `pass` does its work; `refuse` answers that status; `hang` reads the request and says nothing. */
export type ProxyMood = 'pass' | 'hang' | { readonly refuse: 403 | 407 | 502 };

const REASONS: Readonly<Record<number, string>> = {
  200: 'Connection established',
  400: 'Bad Request',
  403: 'Forbidden',
  407: 'Proxy Authentication Required',
  502: 'Bad Gateway',
};

/** An HTTP proxy on 127.0.0.1 that knows CONNECT and keeps what it was asked (halibut.md 1.6). */
export class ConnectProxy implements AsyncDisposable {
  readonly #credentials: string | undefined;
  readonly #requests: ProxyRequest[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  mood: ProxyMood = 'pass';

  private constructor(credentials: { readonly user: string; readonly password: string } | undefined) {
    this.#credentials =
      credentials && `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#greet(client));
  }

  /** With credentials it answers 407 to whoever shows others or none. */
  static async listen(options?: { readonly user: string; readonly password: string }): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // a TCP server has no path
  }
  get requests(): readonly ProxyRequest[] {
    return this.#requests;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #greet(client: Socket): void {
    this.#keep(client);
    let head = Buffer.alloc(0);
    const read = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return void (head.length > 20_000 && client.destroy());
      client.off('data', read);
      client.pause();
      this.#answer(client, head.subarray(0, end).toString('latin1'), head.subarray(end + 4));
    };
    client.on('data', read);
  }

  #answer(client: Socket, head: string, rest: Buffer): void {
    const [line = '', ...lines] = head.split('\r\n');
    const [method, target = ''] = line.split(' ');
    const headers = Object.fromEntries(
      lines.map((one) => [one.split(':', 1)[0]?.toLowerCase() ?? '', one.slice(one.indexOf(':') + 1).trim()]),
    );
    const say = (status: number) => {
      this.#requests.push({ target, line, headers, status });
      const challenge = status === 407 ? 'Proxy-Authenticate: Basic realm="proxy"\r\n' : '';
      const text = `HTTP/1.0 ${status} ${REASONS[status] ?? ''}\r\n${challenge}\r\n`;
      if (status === 200) client.write(text);
      else client.end(text);
    };
    if (this.mood === 'hang') return void this.#requests.push({ target, line, headers, status: undefined });
    if (typeof this.mood === 'object') return say(this.mood.refuse);
    if (method !== 'CONNECT') return say(400);
    if (this.#credentials !== undefined && headers['proxy-authorization'] !== this.#credentials) return say(407);
    this.#tunnel(client, target, rest, say);
  }

  #tunnel(client: Socket, target: string, rest: Buffer, say: (status: number) => void): void {
    const at = target.lastIndexOf(':');
    const host = target.slice(0, at).replace(/^\[(.*)\]$/, '$1');
    const far = connect({ host, port: Number(target.slice(at + 1)), allowHalfOpen: true });
    this.#keep(far);
    const fail = () => say(502);
    far.once('error', fail);
    far.once('connect', () => {
      far.off('error', fail);
      say(200);
      if (rest.length > 0) far.write(rest);
      client.pipe(far);
      far.pipe(client);
      client.once('close', () => far.destroy());
      far.once('close', () => client.destroy());
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
