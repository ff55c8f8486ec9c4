import { expect, test } from 'vitest';
import { explicitProxy, proxyFor, type ProxySetting } from './proxies.ts';

const env = { HTTPS_PROXY: 'http://u:p%40@proxy:3128', http_proxy: 'plain', NO_PROXY: 'local, .inner' };
const none: ProxySetting = { useDefault: true };

test.each<[string, ProxySetting, string, object | undefined]>([
  [
    'the environment names one for https',
    none,
    'https://octo',
    { host: 'proxy', port: 3128, username: 'u', password: 'p@' },
  ],
  ['and another for http', none, 'http://octo', { host: 'plain', port: 80 }],
  ['not for hosts that it exempts', none, 'https://a.inner', undefined],
  ['nor for this one', none, 'http://local:1', undefined],
  [
    'a login that was set counts for it',
    { useDefault: true, username: 'me' },
    'http://octo',
    { host: 'plain', port: 80, username: 'me' },
  ],
  ['one that was set wins', { useDefault: false, host: 'own', port: 1 }, 'https://a.inner', { host: 'own', port: 1 }],
  ['none is none', { useDefault: false }, 'https://octo', undefined],
])('%s', (_what, setting, url, wanted) => expect(proxyFor(setting, new URL(url), env)).toEqual(wanted));

test('the environment’s is not an explicit one', () => {
  expect(explicitProxy({ useDefault: true, host: 'own' })).toBeUndefined();
});
