import { type RegistrationSettings, type RestDeps } from './deps.ts';

/** A configuration that is kept in memory. */
export function memorySettings(start: Partial<RegistrationSettings> = {}): RegistrationSettings {
  let { trusted = [], pollingConnectionCount } = start;
  return {
    instance: undefined,
    thumbprint: 'AB'.repeat(20),
    listenPort: 10933,
    apiProxy: { useDefault: true },
    pollingProxy: { useDefault: true },
    ...start,
    get trusted() {
      return trusted;
    },
    get pollingConnectionCount() {
      return pollingConnectionCount;
    },
    async setPollingConnectionCount(count) {
      pollingConnectionCount = count;
    },
    async setTrusted(servers) {
      trusted = servers;
    },
  };
}

export interface FakeDeps extends RestDeps {
  readonly said: string[];
  /** Milliseconds of each wait that was asked for; none is waited. */
  readonly slept: number[];
}

/** A machine that waits for nothing and remembers what it says. */
export function fakeDeps(more: Partial<RestDeps> = {}): FakeDeps {
  const said: string[] = [];
  const slept: number[] = [];
  let now = 0;
  return {
    said,
    slept,
    settings: memorySettings(),
    clock: {
      now: () => now,
      async sleep(ms) {
        slept.push(ms);
        now += ms;
      },
    },
    host: { name: 'this-host', cpus: 2, env: {} },
    userAgent: 'octo-tentacle/test',
    say: (line) => void said.push(line),
    newSubscriptionId: () => 'poll://bcdefghjklmnpqrstuvw/',
    ...more,
  };
}
