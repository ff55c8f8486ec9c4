// A process that is many agents. They come back when they lose the server, after a pause of their own.
import { Halibut, type Service } from '@octo/halibut';
import { connect, createSecureContext } from 'node:tls';
import { ECHO, type Order } from './contract.ts';

process.once('message', (order: Order) => {
  const agent = order.kind === 'bare' ? bare(order) : halibut(order);
  void spread(order.count, agent);
});

/** No more than so many handshakes begin at once: what is measured is the server, not a queue of this process. */
const AT_ONCE = 64;
/** Shorter than an agent's own 5 s, so that a restart's herd comes at once. */
const BACK_MS = [200, 1_200] as const;

async function spread(count: number, connectOne: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await connectOne(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  process.send?.('all');
}

function bare({ agent, port }: Order): () => Promise<void> {
  const secureContext = createSecureContext({ cert: agent.certificatePem, key: agent.privateKeyPem });
  const once = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', secureContext, rejectUnauthorized: false }, () => resolve());
      socket.setNoDelay(true);
      socket.on('data', (chunk) => socket.write(chunk)).on('error', () => {});
      socket.on('close', () => {
        const [least, most] = BACK_MS;
        setTimeout(() => void once(), least + Math.random() * (most - least));
        resolve();
      });
    });
  return once;
}

function halibut({ kind, agent, server, port }: Order): (number: number) => Promise<void> {
  const [reconnectMinMs, most] = BACK_MS;
  const wire = new Halibut({ identity: agent, limits: { reconnectMinMs, reconnectMaxMs: most } });
  const echo: Service = { contract: ECHO, invoke: async (_method, [first]) => first };
  const services = { find: () => echo };
  const never = new AbortController().signal;
  return (number) =>
    new Promise((resolve) => {
      const to = { host: '127.0.0.1', port, thumbprint: server.thumbprint, subscription: `poll://agent${number}/` };
      void wire.poll({ ...to, connections: 1, services, offersMux: kind === 'octo', onState: () => resolve() }, never);
    });
}
