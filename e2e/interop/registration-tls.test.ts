import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer as createProxy, type Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect, createServer as createTcp, type Server as TcpServer } from 'node:net';
import { createServer as createTls, type Server as TlsServer } from 'node:tls';
import { createIdentity, type Identity } from '@octo/halibut';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkHandshake } from '../../cli/src/tentacle/rest/handshake.ts';
import { HttpClient, type HttpOptions } from '../../cli/src/tentacle/rest/http.ts';

const { signal } = new AbortController();
let identity: Identity;
let server: Server;
/** What the server was asked, with the headers as they came. */
let asked: { line: string; headers: object }[];
let status = 200;

beforeAll(async () => {
  identity = await createIdentity({ commonName: 'Somebody', nowMs: Date.now() });
  server = createServer({ key: identity.privateKeyPem, cert: identity.certificatePem }, (request, response) => {
    asked.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    response.writeHead(status).end('{"Is":"there"}');
  });
  await listen(server);
});
afterAll(() => server.close());

function client(more: Partial<HttpOptions>): HttpClient {
  asked = [];
  status = 200;
  return new HttpClient({
    server: `https://127.0.0.1:${portOf(server)}`,
    credentials: { kind: 'api-key', key: 'K' },
    userAgent: 'test',
    ignoreSslErrors: false,
    proxyFor: () => undefined,
    warn: () => {},
    ...more,
  });
}

describe('a server whose certificate is not trusted (halibut.md 9.3.2)', () => {
  test('gets no request; the failure shows subject and thumbprint', async () => {
    const failure = await client({})
      .get('/api', {}, signal)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'OCTO_REGISTER_CERTIFICATE' });
    expect(String(failure)).toContain('Subject: CN=Somebody');
    expect(String(failure)).toContain(`Thumbprint: ${identity.thumbprint}`);
    expect(asked).toEqual([]);
  });
  test('is warned of and asked with --ignoreSslErrors', async () => {
    const warnings: string[] = [];
    const http = client({ ignoreSslErrors: true, warn: (text) => warnings.push(text) });
    expect(await http.get('/api', {}, signal)).toEqual({ Is: 'there' });
    expect(warnings.join()).toContain(identity.thumbprint);
  });
});

describe('a proxy (halibut.md 1.6)', () => {
  test.each([
    ['lets us through', 'u', true],
    ['refuses our login', 'other', false],
  ])('%s', async (_what, username, isLetThrough) => {
    const proxy = createProxy();
    const targets: string[] = [];
    proxy.on('connect', (request, socket) => {
      targets.push(String(request.url));
      if (request.headers['proxy-authorization'] !== 'Basic dTpw')
        return void socket.end('HTTP/1.1 407 Authenticate\r\n\r\n');
      const onward = connect(portOf(server), '127.0.0.1', () => socket.write('HTTP/1.0 200 OK\r\n\r\n'));
      onward.pipe(socket).pipe(onward);
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
    });
    await listen(proxy);
    try {
      const way = { host: '127.0.0.1', port: portOf(proxy), username, password: 'p' };
      const http = client({ ignoreSslErrors: true, proxyFor: () => way });
      const answer = await http.get('/api', {}, signal).catch((error: Error) => error.message);
      const refusal = expect.stringMatching(/through the proxy 127\.0\.0\.1:\d+: it answered 407/) as unknown;
      expect(answer).toEqual(isLetThrough ? { Is: 'there' } : refusal);
      expect(targets).toEqual([`127.0.0.1:${portOf(server)}`]);
    } finally {
      proxy.close();
    }
  });
});

describe('the handshake with the communications port (halibut.md 9.3.3, step 0)', () => {
  const at = () => `https://127.0.0.1:${portOf(server)}`;

  test.each([
    [200, true, 1],
    [400, true, 1],
    [404, false, 5],
    [500, false, 5],
  ])('%i is fine: %s, after %i tries', async (answered, isFine, tries) => {
    asked = [];
    status = answered;
    const failed = await checkHandshake(at(), undefined, signal).then(
      () => false,
      () => true,
    );
    expect(failed).toBe(!isFine);
    expect(asked).toHaveLength(tries);
    const { line, headers } = asked[0] ?? { line: '', headers: {} };
    expect(line).toBe('POST /handshake');
    expect(headers).toEqual({ host: `127.0.0.1:${portOf(server)}`, connection: 'Keep-Alive', 'content-length': '0' });
  });
  test('the page of a protocol port is an answer: HTTP/1.0, with line ends that its length does not count (1.5)', async () => {
    const page = '<html><body><p>Hello!</p></body></html>';
    const head = `HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: ${page.length}\r\n\r\n`;
    let connections = 0;
    const port = createTls({ key: identity.privateKeyPem, cert: identity.certificatePem }, (socket) => {
      connections++;
      socket.on('error', () => {});
      socket.once('data', () => socket.end(`${head}${page}\r\n\r\n`));
    });
    await listen(port);
    await checkHandshake(`https://127.0.0.1:${portOf(port)}`, undefined, signal).finally(() => port.close());
    expect(connections).toBe(1);
  });
  test('a port where nobody listens fails after five tries', async () => {
    await expect(checkHandshake('https://127.0.0.1:1', undefined, signal)).rejects.toThrow('after 5 tries');
  });
  test('a port that hangs up is tried five times back to back: no timer is set in between', async () => {
    let connections = 0;
    const port = createTcp((socket) => {
      connections++;
      socket.destroy();
    });
    await listen(port);
    const timers = new Set<string>();
    const hook = createHook({
      init: (_id, type) => {
        if (type === 'Timeout') timers.add(String(new Error('set here').stack));
      },
    }).enable();
    try {
      await expect(checkHandshake(`https://127.0.0.1:${portOf(port)}`, undefined, signal)).rejects.toThrow('5 tries');
    } finally {
      hook.disable();
      port.close();
    }
    expect(connections).toBe(5);
    expect([...timers].filter((it) => it.includes('handshake.ts') && !it.includes('exchange.ts'))).toEqual([]);
  });
});

async function listen(one: Server | HttpServer | TlsServer | TcpServer): Promise<void> {
  one.listen(0, '127.0.0.1');
  await once(one, 'listening');
}
function portOf(one: Server | HttpServer | TlsServer | TcpServer): number {
  return (one.address() as AddressInfo).port; // it listens on TCP
}
