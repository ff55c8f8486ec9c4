import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

const PARAMETERS = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }; // some 60 ms and 32 MiB (OWASP, 2023)
const BYTES = 32;

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, BYTES, PARAMETERS, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** `scrypt:<salt>:<key>`, both base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `scrypt:${salt.toString('base64')}:${(await derive(password, salt)).toString('base64')}`;
}

/** Where there is no such user the work is done all the same, so that the time tells nobody who exists. */
export async function isPassword(password: string, hash: string | undefined): Promise<boolean> {
  const [, salt = '', key = ''] = (hash ?? '').split(':');
  const expected = Buffer.alloc(BYTES);
  Buffer.from(key, 'base64').copy(expected);
  const derived = await derive(password, Buffer.from(salt || 'AAAAAAAAAAAAAAAAAAAAAA==', 'base64'));
  return timingSafeEqual(derived, expected) && hash !== undefined;
}
