import { createIdentity, Halibut, type Caller, type Identity } from '@octo/halibut';
import { realClock } from '@octo/testkit';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MachineOrder, type MachineUp } from './machine.ts';

export const patience = {
  limits: { retryTimeLimitMs: 10_000 },
  log: { write() {}, progress() {} },
  clock: realClock,
} as const;
export const limit = () => AbortSignal.timeout(60_000);
/** Memory, so that no disk is measured. */
export const temporary = async () => mkdtemp(join(process.platform === 'linux' ? '/dev/shm' : tmpdir(), 'octo-bench-'));

export interface Machine extends AsyncDisposable, MachineUp {}
export async function machine(order: Omit<MachineOrder, 'home'>): Promise<Machine> {
  const home = await temporary();
  const script = new URL('./machine.ts', import.meta.url).pathname;
  const child = fork(script, { execArgv: ['--conditions=octo-source'] });
  child.send({ ...order, home } satisfies MachineOrder);
  const [up] = (await once(child, 'message')) as [MachineUp];
  return {
    ...up,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await once(child, 'exit');
      await rm(home, { recursive: true, force: true });
    },
  };
}
export const identity = (commonName: string): Promise<Identity> => createIdentity({ commonName, nowMs: Date.now() });

export interface Way extends AsyncDisposable {
  readonly caller: Caller;
}
export async function way(kind: 'octo' | 'stock', isPolling: boolean): Promise<Way> {
  const [server, agent] = [await identity('server'), await identity('agent')];
  const wire = new Halibut({ identity: server });
  const order = { kind, identity: agent, serverThumbprint: server.thumbprint };
  if (!isPolling) {
    const there = await machine(order);
    const caller = wire.caller({ host: '127.0.0.1', port: there.port, thumbprint: there.thumbprint });
    return {
      caller,
      async [Symbol.asyncDispose]() {
        await caller[Symbol.asyncDispose]();
        await there[Symbol.asyncDispose]();
      },
    };
  }
  const subscription = wire.subscription('poll://bench/');
  const listener = await wire.listen({
    host: '127.0.0.1',
    port: 0,
    subscribers: { find: async () => ({ subscription }) },
  });
  const there = await machine({ ...order, server: { port: listener.port, subscription: 'poll://bench/' } });
  while (subscription.connections === 0) await sleep(10);
  return {
    caller: subscription,
    async [Symbol.asyncDispose]() {
      await there[Symbol.asyncDispose]();
      await subscription[Symbol.asyncDispose]();
      await listener[Symbol.asyncDispose]();
    },
  };
}
