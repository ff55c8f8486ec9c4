import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { currentLogin, keyFor, loginNamed, plainUrl, readStored, writeStored, type Stored } from './logins.ts';
import { keyNamed, settingsOf, withSetting } from './settings.ts';

const prod = { url: 'https://octo.example.com', key: 'API-PROD' };
const test1 = { url: 'http://127.0.0.1:8065', key: 'API-TEST', space: 'Spaces-2' };
const two: Stored = { current: 'prod', logins: { prod, test1 }, settings: {} };

function inFolder(check: (file: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'octo-logins-'));
  try {
    check(join(dir, 'home', 'cli.json'));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test('what was written is read again, and only its user can read it', () =>
  inFolder((file) => {
    expect(readStored(file)).toEqual({ logins: {}, settings: {} });
    writeStored(two, file);
    writeStored(two, file);
    expect(readStored(file)).toEqual(two);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  }));

test.each(['{', '{"logins":{"a":{"url":"x"}}}', 'null'])('a file with %s is told by name', (content) =>
  inFolder((file) => {
    writeStored(two, file);
    writeFileSync(file, content);
    expect(() => readStored(file)).toThrow(expect.objectContaining({ code: 'OCTO_CLI_STORE' }));
  }),
);

test('a stored key goes to the address it was stored for, and to no other', () => {
  expect(keyFor('https://OCTO.example.com/api/', two)).toBe('API-PROD');
  expect(keyFor('http://octo.example.com', two)).toBeUndefined();
  expect(keyFor('https://octo.example.com.evil.example', two)).toBeUndefined();
});

test.each(['ftp://x', 'octo', 'https://jane:secret-pass@x.example'])('%s is no address of a server', (text) => {
  expect(() => plainUrl(text)).toThrow(expect.objectContaining({ code: 'OCTO_CLI_URL' }));
  expect(() => plainUrl(text)).not.toThrow(/secret-pass/);
});

test('a login is found by its name or its address', () => {
  expect(loginNamed(two, 'test1')).toBe('test1');
  expect(loginNamed(two, 'http://127.0.0.1:8065/')).toBe('test1');
  expect(() => loginNamed(two, 'nope')).toThrow(expect.objectContaining({ hint: expect.stringContaining('test1') }));
});

test('the setting server chooses among the logins; an unknown address takes no key along', () => {
  expect(currentLogin(withSetting(two, 'server', 'test1'))?.url).toBe(test1.url);
  expect(() => withSetting(two, 'server', 'https://evil.example')).toThrow(
    expect.objectContaining({ code: 'OCTO_CLI_LOGIN' }),
  );
  expect(currentLogin(withSetting(two, 'server', undefined))).toBeUndefined();
});

test('a space is that of the login that counts', () => {
  const after = withSetting(two, 'space', 'Spaces-3');
  expect(settingsOf(after).space).toBe('Spaces-3');
  expect(after.logins['test1']?.space).toBe('Spaces-2');
  expect(settingsOf(withSetting(after, 'space', undefined)).space).toBeUndefined();
});

test.each([
  ['no-color', 'noColor'],
  ['OUTPUT', 'output'],
] as const)('%s is the setting %s', (text, key) => expect(keyNamed(text)).toBe(key));

test('settings take what they can mean, and name what is near', () => {
  expect(withSetting(two, 'output', 'json').settings).toEqual({ output: 'json' });
  expect(() => withSetting(two, 'quiet', 'maybe')).toThrow(/quiet is true or false/);
  expect(() => keyNamed('ouput')).toThrow(expect.objectContaining({ hint: 'did you mean output?' }));
});
