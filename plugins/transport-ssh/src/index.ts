import { Clock, definePlugin, defineTransport } from '@octo/kernel';
import { endpoint } from './endpoint.ts';
import { type Machines } from './machines.ts';

/** A machine with an SSH server and nothing else of ours: scripts run under a supervisor of POSIX sh (R138-R141). */
export const ssh = defineTransport({
  style: 'Ssh',
  word: 'ssh',
  endpoint,
  reach: 'anywhere',
  deps: { clock: Clock },
  create({ clock }) {
    let made: Promise<Machines> | undefined;
    /** The library takes a while to load, and not every process calls a machine. */
    const machines = () => (made ??= import('./machines.ts').then((it) => new it.Machines(clock)));
    return {
      open: async (to, signal) => (await machines()).open(to, signal),
      discover: async (at, signal) => (await machines()).discover(at, signal),
      async [Symbol.asyncDispose]() {
        await (await made)?.[Symbol.asyncDispose]();
      },
    };
  },
});

export default definePlugin({ name: '@octo/plugin-transport-ssh', contract: 1, transports: [ssh] });
