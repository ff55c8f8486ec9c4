import { token } from '@octo/kernel';
import { type Stray } from './model/stray.ts';

/** Scripts that may still run though their tasks are over. They outlive their tasks, and go with their worker. */
export interface Strays {
  /** May be repeated: the last words about a ticket count, its first time stays. */
  add(stray: Stray): Promise<void>;
  /** False where it was not there. */
  remove(ticket: string): Promise<boolean>;
  /** Of all workers, the oldest first: nearly always there are none. */
  list(): Promise<readonly Stray[]>;
}

export const Strays = token<Strays>('octo.plane.Strays');
