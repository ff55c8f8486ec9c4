import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { Vault } from './vault.ts';

const vault = new Vault(randomBytes(32));

test('what is sealed opens again under its name, and never looks the same twice', () => {
  const value = { deep: ['planted', null, 7] };
  const [one, two] = [vault.seal('x', value), vault.seal('x', value)];
  expect(vault.open('x', one)).toEqual(value);
  expect(one.equals(two)).toBe(false);
  expect(one.includes('planted')).toBe(false);
});

test('a value that was moved to another place does not open', () => {
  expect(() => vault.open('y', vault.seal('x', 1))).toThrow(expect.objectContaining({ code: 'OCTO_STORAGE_SEAL' }));
});

test('under another key it says that the key is wrong', () => {
  const other = new Vault(randomBytes(32));
  expect(() => other.open('x', vault.seal('x', 1))).toThrow(expect.objectContaining({ code: 'OCTO_STORAGE_KEY' }));
});

test('whichever byte is changed, it does not open', () => {
  const sealed = vault.seal('x', 'value');
  for (let n = 0; n < sealed.length; n++) {
    const changed = Buffer.from(sealed);
    changed[n]! ^= 1;
    expect(() => vault.open('x', changed)).toThrow(expect.objectContaining({ kind: 'ConflictError' }));
  }
  for (const length of [0, 1, 5, 17, 33, sealed.length - 1])
    expect(() => vault.open('x', sealed.subarray(0, length))).toThrow(
      expect.objectContaining({ kind: 'ConflictError' }),
    );
});
