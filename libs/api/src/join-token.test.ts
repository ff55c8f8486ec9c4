import { expect, test } from 'vitest';
import { formatJoinToken, type JoinToken, parseJoinToken } from './join-token.ts';

const token: JoinToken = {
  urls: ['https://octo.example.com', 'http://10.0.0.1:8065'],
  commsPort: 10_943,
  thumbprint: 'AB'.repeat(20),
  secret: 'JoinTokens-1.planted',
};

test('a join token is one word that carries all that a machine needs (I16)', () => {
  const text = formatJoinToken(token);
  expect(text).toMatch(/^octo-join-[\w-]+$/);
  expect(parseJoinToken(` ${text}\n`)).toEqual(token);
  const { commsPort: _, ...without } = token;
  expect(parseJoinToken(formatJoinToken(without))).toEqual(without);
});

test.each([
  ['another word', 'API-ABC'],
  ['half of one', formatJoinToken(token).slice(0, -9)],
  ['nothing inside', 'octo-join-'],
  ['a newer one', `octo-join-${Buffer.from('{"v":2}').toString('base64url')}`],
  ['no address', formatJoinToken({ ...token, urls: ['octo.example.com'] })],
  ['no thumbprint', formatJoinToken({ ...token, thumbprint: 'AB' })],
  ['no secret', formatJoinToken({ ...token, secret: '' })],
])('%s is refused, and not quoted', (_, text) => {
  const refuse = () => parseJoinToken(text);
  expect(refuse).toThrow(/that is no join token/);
  expect(refuse).not.toThrow(/planted/);
});
