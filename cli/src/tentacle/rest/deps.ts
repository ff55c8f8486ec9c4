import { type Clock } from '@octo/kernel';
import { type Environment, type ProxySetting } from './proxies.ts';

export type CommsStyle = 'TentaclePassive' | 'TentacleActive';

/** A server that this machine trusts. Told apart by thumbprint and address (halibut.md 7.9). */
export interface TrustedServer {
  readonly thumbprint: string;
  readonly style: CommsStyle;
  /** `https://host:port` of the communications port; null where the server comes to us. */
  readonly address: string | null;
  /** `poll://…/`; null where the server comes to us. */
  readonly subscriptionId: string | null;
}

/** What registration reads and writes of the agent's configuration. Each setter is on disk when it resolves. */
export interface RegistrationSettings {
  /** As the hint says it: `--instance Tentacle`; undefined where the default one is used. */
  readonly instance: string | undefined;
  /** Of the agent's own certificate; undefined when there is none. */
  readonly thumbprint: string | undefined;
  readonly listenPort: number;
  readonly pollingConnectionCount: number | undefined;
  readonly trusted: readonly TrustedServer[];
  /** For the REST API and scripts. */
  readonly apiProxy: ProxySetting;
  /** For the way to the communications port. */
  readonly pollingProxy: ProxySetting;
  setPollingConnectionCount(count: number): Promise<void>;
  setTrusted(servers: readonly TrustedServer[]): Promise<void>;
}

/** The machine that the command runs on. */
export interface Host {
  readonly name: string;
  readonly cpus: number;
  readonly env: Environment;
}

export interface RestDeps {
  readonly settings: RegistrationSettings;
  readonly clock: Clock;
  readonly host: Host;
  readonly userAgent: string;
  /** Writes one line to stdout; warnings go there too (halibut.md 9.1). */
  readonly say: (line: string) => void;
  /** A fresh `poll://…/`. */
  readonly newSubscriptionId: () => string;
}

export const RESTART_NEEDED = 'These changes require a restart of the Tentacle.';
