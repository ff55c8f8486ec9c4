import { type Launch, type ScriptEnd } from '@octo/kernel';
import { type Identity } from './account.ts';
import { BOOT, type ProcessId } from './process-id.ts';
import { makeOnce, readText } from './whole-file.ts';
import { type Workspace } from './workspace.ts';

/** What is known of a launch after its files are laid: everything but bodies and contents. */
export type LaunchRecord = Pick<Launch, 'taskId' | 'isolation' | 'fence' | 'limits'> & {
  readonly createdAtMs: number;
  /** Boot of the machine at that time; '' where the system does not tell. */
  readonly boot: string;
  /** Names of the launch's secret files: whatever the body left of them goes when the ticket ends. */
  readonly secrets: readonly string[];
  /** As whom it runs, where that is not this process's own account. */
  readonly identity?: Identity;
};

/** How a ticket ended. */
export interface Result {
  readonly end: ScriptEnd;
  readonly exitCode: number;
  readonly detail?: string;
  /** Of what was abandoned: processes that lived then, by names that no other process can have. */
  readonly left?: readonly ProcessId[];
}

/** Content of `started` when a cancel came first. */
const NEVER = 'never\n';

/** Claim the ticket so that no supervisor can: true when it surely never ran and never will. */
export function claimNever({ started }: Workspace): boolean {
  return makeOnce(started, NEVER) || readText(started) === NEVER;
}

export function readRecord({ record }: Workspace): LaunchRecord | undefined {
  const text = readText(record);
  return text === undefined ? undefined : (JSON.parse(text) as LaunchRecord); // written whole, by prepare() or bury()
}

export function readResult({ result }: Workspace): Result | undefined {
  const text = readText(result);
  return text === undefined ? undefined : (JSON.parse(text) as Result); // written whole, by the ticket's run
}

/** The exit code that the supervisor left. Undefined when it is not (yet) whole. */
export function readExit({ exit }: Workspace): number | undefined {
  const code = /^(\d+)\n$/.exec(readText(exit) ?? '')?.[1];
  return code === undefined ? undefined : Number(code);
}

/**
 * True when the machine has been booted since. `started` is not forced to the disk, so after a loss of power its absence
 * proves nothing: such a ticket may have run.
 */
export function isFromEarlierBoot(record: LaunchRecord): boolean {
  return record.boot !== BOOT;
}
