// A process that only holds agents: `bare` TLS sockets, or Halibut subscriptions.
import { Halibut, type Subscription } from '@octo/halibut';
import { constants } from 'node:crypto';
import { createServer, type TLSSocket } from 'node:tls';
import { ECHO, type Look, type Order } from './contract.ts';

interface Held {
  connected(): number;
  port(): number;
  /** One round trip to each. */
  sweep(): Promise<void>;
}

process.once('message', (order: Order) => void run(order));

async function run(order: Order): Promise<void> {
  const held = await (order.kind === 'bare' ? bare(order) : halibut(order));
  const look = (more: Partial<Look> = {}): void => {
    globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const rssBytes = process.memoryUsage().rss;
    const now = { port: held.port(), connected: held.connected(), rssBytes, cpuMs: (user + system) / 1000 };
    process.send?.({ ...now, atMs: performance.now(), ...more } satisfies Look);
  };
  process.on('message', (word: string) => {
    if (word === 'look') look();
    if (word !== 'sweep') return;
    const begin = performance.now();
    void held.sweep().then(() => look({ sweptMs: performance.now() - begin }));
  });
  look();
}

async function bare({ server, port }: Order): Promise<Held> {
  const sockets = new Set<TLSSocket>();
  const answers = new WeakMap<TLSSocket, () => void>();
  const options = {
    cert: server.certificatePem,
    key: server.privateKeyPem,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const listener = createServer({ ...options, secureOptions: constants.SSL_OP_NO_TICKET, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('data', () => answers.get(socket)?.()).on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => listener.listen({ port, host: '127.0.0.1', backlog: 4096 }, resolve));
  return {
    connected: () => sockets.size,
    port: () => (listener.address() as { port: number }).port,
    async sweep() {
      const each = [...sockets].map((socket) => new Promise<void>((resolve) => {
        answers.set(socket, resolve);
        socket.write('hello');
      })); // prettier-ignore
      await Promise.all(each);
    },
  };
}

async function halibut({ server, port, agent }: Order): Promise<Held> {
  const all = new Map<string, Subscription>();
  const wire = new Halibut({ identity: server, limits: { strangersPerAddress: 20_000, strangers: 20_000 } });
  const listener = await wire.listen({
    host: '127.0.0.1',
    port,
    subscribers: {
      async find(uri, thumbprint) {
        if (thumbprint !== agent.thumbprint) return undefined;
        const subscription = all.get(uri) ?? wire.subscription(uri);
        all.set(uri, subscription);
        return { subscription };
      },
    },
  });
  const signal = new AbortController().signal;
  return {
    connected: () => [...all.values()].reduce((sum, it) => sum + it.connections, 0),
    port: () => listener.port,
    async sweep() {
      await Promise.all(
        [...all.values()].map((it) => it.call({ service: ECHO, method: 'Say', params: ['hello'] }, signal)),
      );
    },
  };
}
