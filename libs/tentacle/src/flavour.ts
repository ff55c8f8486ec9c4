import { type Capabilities, type Launch, type OutputLine, type ScriptRef, type ScriptStatus } from '@octo/kernel';

/** One way of running scripts on a machine: the part of a session that differs between agents. */
export interface Flavour {
  readonly isOurs: boolean;
  capabilities(signal: AbortSignal): Promise<Capabilities>;
  start(ticket: string, launch: Launch, signal: AbortSignal): Promise<ScriptStatus>;
  status(
    script: ScriptRef,
    from: { readonly after: string; readonly waitMs: number },
    signal: AbortSignal,
  ): Promise<ScriptStatus>;
  cancel(script: ScriptRef, signal: AbortSignal): Promise<void>;
  complete(script: ScriptRef, after: string, signal: AbortSignal): Promise<readonly OutputLine[]>;
}
