import { type Session } from '@octo/kernel';

/** One way of running scripts on a machine: the part of a session that differs between agents. */
export interface Flavour extends Pick<Session, 'capabilities' | 'start' | 'status' | 'cancel' | 'complete'> {
  readonly isOurs: boolean;
}
