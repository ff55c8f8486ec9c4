import { type Launch, type Opening, type Session, type Transport } from '@octo/kernel';
import { randomBytes } from 'node:crypto';
import { type test } from 'vitest';
import { type Seen, word } from './follow-script.ts';

export interface TransportUnderTest<E> extends AsyncDisposable {
  readonly transport: Transport<E>;
  readonly opening: Opening<E>;
  /** Another transport on the same machine side: what a restart of the server makes. */
  reopen(): Promise<Transport<E> & Partial<AsyncDisposable>>;
}
/** What a foreign machine side cannot promise; every word is said in the name of the test that is skipped. */
export type Unpromised =
  | 'starts once'
  | 'news at once'
  | 'end of a tree is seen'
  | 'early cancel'
  | 'lines of who is waited for'
  | 'fences'
  | 'secret files'
  | 'unknown bytes as one mark';

/** What the cases of a contract share. `under` and `dir` are there once the first test runs. */
export interface ContractCase<E> {
  readonly under: TransportUnderTest<E>;
  /** A folder on this machine, which is that of the scripts, too. */
  readonly dir: string;
  open(): Promise<Session>;
  run(bash: string, more?: Partial<Launch>): Promise<Seen>;
  /** The test, or its skipping where the machine side cannot promise that. */
  promised(what: Unpromised): typeof test | typeof test.skip;
}

let tickets = 0;
export const newTicket = () => `t${process.pid}x${++tickets}x${randomBytes(4).toString('hex')}`;
export const limit = () => AbortSignal.timeout(20_000);

export function untilFile(file: string): string {
  return `while [ ! -e ${word(file)} ]; do sleep 0.02; done`;
}
