import { type Limit } from '../faults/limited.ts';
import { type ByteQueue } from './byte-queue.ts';
import { WireError } from './values.ts';

/** The words of `MX-… 1.0 …`, which an empty line follows; undefined when the peer has left (halibut.md 2.3). */
export async function readIdentity(input: ByteQueue, limit: Limit): Promise<readonly string[] | undefined> {
  const line = await input.line('an identity', limit);
  if (line === undefined) return undefined;
  const words = line.split(' ').filter((word) => word !== '');
  const [role = '', , uri] = words;
  if (!['MX-CLIENT', 'MX-SUBSCRIBER', 'MX-SERVER'].includes(role)) throw new WireError(`'${line}' is no identity`);
  if (role === 'MX-SUBSCRIBER' && uri === undefined) throw new WireError('a subscriber does not say which');
  if ((await input.line('the end of an identity', limit)) !== '')
    throw new WireError('the following line was not empty');
  return words;
}

/** `NEXT`, `PROCEED` or `END`; empty lines in front are skipped (2.4). Undefined when the peer has left. */
export async function readWord(input: ByteQueue, limit: Limit): Promise<string | undefined> {
  for (;;) {
    const line = await input.line('NEXT or PROCEED', limit);
    if (line !== '') return line;
  }
}
