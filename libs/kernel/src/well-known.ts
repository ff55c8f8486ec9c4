import { type Secret } from './secret.ts';
import { given, token } from './token.ts';
import { type ScriptLimits } from './transport.ts';
import { type ActivityLog } from './worker.ts';

/** Time, so that tests can hold it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
export const Clock = token<Clock>('octo.Clock');

/** Fresh identities, so that tests can name them. */
export interface Ids {
  /** 22 letters and digits, unguessable. Safe as a directory name (halibut.md 5.5). */
  ticket(): string;
}
export const Ids = token<Ids>('octo.Ids');

/** The diagnostic log of the process, for operators. Activity logs are for the people who deploy. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
export const Logger = token<Logger>('octo.Logger');

/** What this process was told about the machine it runs on. */
export interface Host {
  /** Folder of this installation's data. Absolute. */
  readonly dataDir: string;
  /** Identity of this process among the nodes of the installation. */
  readonly nodeId: string;
  /** Octo's version. */
  readonly version: string;
}
export const Host = token<Host>('octo.Host');

/** How scripts run on the machine of this process itself. */
export interface OwnMachine {
  /** `own`, a user's name, `uid:gid`, `private` or `private:FROM-TO` (R20, R169). Default `own`. */
  readonly scriptUser?: string;
  /** What every script may take unless its task says something else. Default: 1 GiB of output. */
  readonly limits?: ScriptLimits;
  /** Left workspaces go after this time. Default one day (R150). */
  readonly keepMs?: number;
  /** Left workspaces go, the oldest first, until they take no more than this. Default 10 GiB. */
  readonly keepBytes?: number;
}
export const OwnMachine = token<OwnMachine>('octo.OwnMachine');

/** The installation as agents know it: a self-signed certificate whose thumbprint they pin (halibut.md 1.3). */
export interface Identity {
  readonly certificatePem: string;
  readonly privateKeyPem: Secret;
  /** SHA-1, 40 capital hexadecimal digits. */
  readonly thumbprint: string;
}
/** The same for all nodes, with and without a server. Made at the first call on an installation: that costs a second. */
export interface ServerIdentity {
  get(): Promise<Identity>;
}
export const ServerIdentity = token<ServerIdentity>('octo.ServerIdentity');

/** Where agents that call us are listened for. */
export interface Comms {
  /**
   * Absent: nowhere; it is switched off, or no server runs in this process. Port 0: any free one. Read it whenever `serve`
   * begins: once it is known, the port is kept.
   */
  readonly listen?: { readonly host: string; readonly port: number };
}
export const Comms = token<Comms>('octo.Comms');

export interface Space {
  readonly id: string;
}
export const Space = given<Space, 'space'>('octo.Space', 'space');
export const TaskLog = given<ActivityLog, 'task'>('octo.TaskLog', 'task');
