import { answer } from './answer.ts';
import { type ServiceHost } from './contract.ts';
import { NEXT, PROCEED, readNext, readProceed } from './control.ts';
import { protocolError } from './errors.ts';
import { readDeflated } from './framing.ts';
import { type HalibutLimits } from './limits.ts';
import { readMessage } from './message.ts';
import { type Wire } from './wire.ts';

export interface Serving {
  readonly services: ServiceHost;
  readonly peerThumbprint: string;
  readonly limits: HalibutLimits;
}

/** A listening service, from identity to END (halibut.md 2.5). Returns when the client left. */
export async function serveClient(wire: Wire, serving: Serving): Promise<void> {
  const { limits } = serving;
  for (;;) {
    const bytes = await readDeflated(wire, limits, limits.listenRequestMs, 'a request');
    if (!bytes) return;
    const message = readMessage(bytes, limits);
    if (message.kind === 'nothing') return;
    if (message.kind !== 'request') throw protocolError(`${wire.peer} sent a response in place of a request`);
    await answer(wire, message, serving);
    if (!(await readNext(wire, limits.nextMs))) return;
    await wire.write(PROCEED, limits.readWriteMs);
  }
}

/** A polling service, from MX-SERVER on (2.6). Returns when the client closed the connection. */
export async function serveSubscription(wire: Wire, serving: Serving): Promise<void> {
  const { limits } = serving;
  for (;;) {
    const bytes = await readDeflated(wire, limits, limits.pollRequestMs, 'a request');
    if (!bytes) return;
    const message = readMessage(bytes, limits);
    if (message.kind === 'response') throw protocolError(`${wire.peer} sent a response in place of a request`);
    if (message.kind === 'request') await answer(wire, message, serving);
    await wire.write(NEXT, limits.readWriteMs);
    await readProceed(wire, limits.heartbeatMs);
  }
}
