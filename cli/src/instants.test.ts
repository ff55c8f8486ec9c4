import { expect, test } from 'vitest';
import { eventPath, fresh } from './events.ts';
import { instantOf } from './instants.ts';
import { asPath } from './raw-call.ts';

const nowMs = Date.parse('2026-03-01T12:00:00Z');

test.each([
  ['2h', -1, '2026-03-01T10:00:00.000Z'],
  ['90d', 1, '2026-05-30T12:00:00.000Z'],
  ['2026-01-31', -1, '2026-01-31T00:00:00.000Z'],
  ['2026-01-31T12:00:00+02:00', 1, '2026-01-31T10:00:00.000Z'],
] as const)('%s with sign %i is %s', (text, sign, iso) => {
  expect(instantOf(text, { flag: '--since', sign, nowMs })).toBe(iso);
});

test.each(['7', 'yesterday', '2026-13-01', '', '99999999999999d'])('"%s" is no instant', (text) => {
  const read = () => instantOf(text, { flag: '--since', sign: 1, nowMs });
  expect(read).toThrow(expect.objectContaining({ code: 'OCTO_CLI_WHEN' }));
});

test('an event query names only what was asked for', () => {
  expect(eventPath({ regarding: [], categories: [] })).toBe('/api/events');
  const query = {
    regarding: ['Workers-1'],
    categories: ['Created', 'Deleted'],
    spaceId: 'Spaces-2',
    after: 'Events-9',
  };
  expect(eventPath(query)).toBe(
    '/api/Spaces-2/events?regarding=Workers-1&eventCategories=Created%2CDeleted&fromAutoId=10',
  );
});

test('of a page, newest first, only later events are news, oldest first', () => {
  const page = [{ Id: 'Events-11' }, { Id: 'Events-10' }, { Id: 'Events-9' }];
  expect(fresh(page, 'Events-9').map((it) => it.Id)).toEqual(['Events-10', 'Events-11']);
  expect(fresh(page, undefined)).toHaveLength(3);
});

test.each([
  ['/api/users/me', '/api/users/me'],
  ['users/me', '/api/users/me'],
  ['api', '/api'],
  ['/apikeys', '/api/apikeys'],
])('octo api get %s asks for %s', (path, asked) => expect(asPath(path)).toBe(asked));

test.each(['https://evil.example/api', '//evil.example/api'])('the key does not go to %s', (path) => {
  expect(() => asPath(path)).toThrow(expect.objectContaining({ code: 'OCTO_CLI_PATH' }));
});
