// A process that is one machine: our agent, or one that behaves as a stock Tentacle.
import { serveMachine } from '@octo/tentacle/agent';
import { realClock } from '@octo/testkit';
import { StockAgent } from '@octo/testkit/stock';
import { testIdentity } from '@octo/testkit/certificates';
import { type Identity } from '@octo/halibut';

export interface MachineOrder {
  readonly kind: 'octo' | 'stock';
  readonly home: string;
  readonly identity: Identity;
  readonly serverThumbprint: string;
  /** Absent: it listens. */
  readonly server?: { readonly port: number; readonly subscription: string };
}
/** `port`: where it listens; 0 when it polls. */
export interface MachineUp {
  readonly port: number;
  readonly thumbprint: string;
}

process.once('message', (order: MachineOrder) => void run(order));

async function run({ kind, home, identity, serverThumbprint, server }: MachineOrder): Promise<void> {
  const up = (port: number, { thumbprint } = identity) => process.send?.({ port, thumbprint } satisfies MachineUp);
  if (kind === 'octo') {
    const servers = server
      ? [
          {
            address: `https://127.0.0.1:${server.port}`,
            thumbprint: serverThumbprint,
            subscriptionId: server.subscription,
          },
        ]
      : [];
    const rest = { name: 'octo agent', environment: {}, clock: realClock, connections: 1, servers };
    const listen = server ? {} : { listen: { host: '127.0.0.1', port: 0 }, onListening: (port: number) => up(port) };
    if (server) up(0);
    return serveMachine(
      { identity, home, trusted: [serverThumbprint], ...rest, ...listen },
      new AbortController().signal,
    );
  }
  const stock = testIdentity('Octopus Tentacle');
  const common = { identity: stock, workDir: home };
  const agent = await (server
    ? StockAgent.poll({
        ...common,
        server: { host: '127.0.0.1', port: server.port, thumbprint: serverThumbprint },
        subscription: server.subscription,
      })
    : StockAgent.listen({ ...common, trusted: [serverThumbprint] }));
  up(server ? 0 : agent.port, stock);
}
