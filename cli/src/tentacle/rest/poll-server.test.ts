import { describe, expect, test } from 'vitest';
import { fakeDeps, memorySettings } from './deps.fixture.ts';
import { type TrustedServer } from './deps.ts';
import { pollServer } from './poll-server.ts';
import { subscriptionOf, withServer } from './trust.ts';

const { signal } = new AbortController();
const listening: TrustedServer = { thumbprint: 'AA', style: 'TentaclePassive', address: null, subscriptionId: null };
const polling: TrustedServer = {
  thumbprint: 'BB',
  style: 'TentacleActive',
  address: 'https://one:10943',
  subscriptionId: 'poll://x/',
};

describe('the list of trusted servers (halibut.md 7.9)', () => {
  test('an entry takes the place of the one with its thumbprint and address, however they are written', () => {
    const again = { ...polling, thumbprint: 'bb', address: 'https://ONE:10943/', subscriptionId: 'poll://y/' };
    expect(withServer([listening, polling], again)).toEqual([listening, again]);
    expect(withServer([polling], listening)).toEqual([polling, listening]);
    expect(withServer([listening], { ...listening, thumbprint: 'aa' })).toHaveLength(1);
  });
  test('the subscription of an address is that of the entry that is polled there (R40)', () => {
    expect(subscriptionOf([listening, polling], 'https://one:10943')).toBe('poll://x/');
    expect(subscriptionOf([listening, polling], 'https://two:10943')).toBeUndefined();
  });
});

describe('poll-server --reuse-server-thumbprint (halibut.md 9.6)', () => {
  const options = { reuseServerThumbprint: true, serverCommsAddress: 'https://two:1234' };

  test('copies the first entry that is polled, not one that listens', async () => {
    const settings = memorySettings({ trusted: [listening, polling] });
    await pollServer(options, fakeDeps({ settings }), signal);
    expect(settings.trusted).toEqual([listening, polling, { ...polling, address: 'https://two:1234' }]);
  });
  test.each([
    ['nobody is polled yet', [listening], options],
    ['without an address', [polling], { reuseServerThumbprint: true }],
  ])('%s: the operator’s', async (_what, trusted, given) => {
    const run = pollServer(given, fakeDeps({ settings: memorySettings({ trusted }) }), signal);
    await expect(run).rejects.toMatchObject({ kind: 'KnownFailure' });
  });
});
