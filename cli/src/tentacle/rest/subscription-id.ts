import { randomInt } from 'node:crypto';
import { known, RestFailure } from './failures.ts';

/** Without those that are mistaken for one another (halibut.md 8.1). */
const LETTERS = 'bcdefghjklmnpqrstuvwxyz23456789';

/** `poll://` and 20 random letters. */
export function newSubscriptionId(): string {
  return `poll://${Array.from({ length: 20 }, () => LETTERS[randomInt(LETTERS.length)]).join('')}/`;
}

/** As it is compared and stored: in lower case, with a slash at the end. */
export function normalSubscriptionId(text: string): string {
  const url = URL.parse(text);
  if (!url) throw new RestFailure('OCTO_REGISTER_SUBSCRIPTION', `--server-subscription-id ${text} is no address`);
  if (url.protocol !== 'poll:') throw known(`The subscription id ${text} is not valid. It must begin with poll://`);
  return `poll://${url.host.toLowerCase()}/`;
}
