import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** As it came over the wire. */
  readonly content: string;
  readonly rawHeaders: readonly string[];
}
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as JSON; a string as it is. */
  readonly body?: unknown;
}

/** An HTTP server that says what it is told and remembers what it was asked. */
export class Stub implements AsyncDisposable {
  readonly seen: Seen[] = [];
  readonly #server = createServer();
  private constructor() {}

  static async open(reply: (request: Seen) => Reply): Promise<Stub> {
    const stub = new Stub();
    stub.#server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers, rawHeaders } = request;
        const seen = { method, path: url, headers, rawHeaders, content: Buffer.concat(chunks).toString() };
        stub.seen.push(seen);
        const { status = 200, headers: sent = {}, body } = reply(seen);
        for (const [name, value] of Object.entries(sent)) response.setHeader(name, value);
        response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
    stub.#server.listen(0, '127.0.0.1');
    await once(stub.#server, 'listening');
    return stub;
  }
  get port(): number {
    return (this.#server.address() as AddressInfo).port; // it listens on TCP
  }
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  /** 'METHOD path' of each request, in order. */
  get asked(): readonly string[] {
    return this.seen.map(({ method, path, headers }) => {
      const override = headers['x-http-method-override'];
      return `${override === undefined ? method : `${method}(${String(override)})`} ${path}`;
    });
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
