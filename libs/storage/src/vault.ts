import { ConflictError, InputError } from '@octo/kernel';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** First byte of every sealed value: the form below, under the first key. Rotation will count on. */
const FORM = 1;

/**
 * Seals sensitive values: AES-256-GCM, a random nonce each, bound to what they are, so that a value moved to another
 * place does not open. Layout: form, nonce (12), tag (16), cipher text.
 */
export class Vault {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    if (key.length !== KEY_BYTES)
      throw new InputError('OCTO_STORAGE_KEY_FORM', `the master key has ${key.length} bytes, not ${KEY_BYTES}`, {
        hint: 'make one with: openssl rand -base64 32',
      });
    this.#key = key;
  }

  seal(what: string, value: unknown): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(what));
    const body = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.of(FORM), nonce, cipher.getAuthTag(), body]);
  }

  open(what: string, sealed: unknown): unknown {
    try {
      const bytes = Buffer.from(sealed as Uint8Array);
      if (bytes[0] !== FORM) throw new Error(`form ${String(bytes[0])}`);
      const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
      const body = bytes.subarray(1 + NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(what));
      decipher.setAuthTag(bytes.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES));
      return JSON.parse(Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8'));
    } catch (cause) {
      throw new ConflictError('OCTO_STORAGE_KEY', `${what} does not open with this master key`, {
        hint: 'put back the master.key that belongs to this database, or set OCTO_MASTER_KEY',
        cause,
      });
    }
  }
}

/** The master key: given (base64), else `master.key` beside the database, made at the first open. */
export async function readMasterKey(dataDir: string, given: string | undefined): Promise<Buffer> {
  if (given !== undefined) return Buffer.from(given, 'base64');
  const file = join(dataDir, 'master.key');
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(`${randomBytes(KEY_BYTES).toString('base64')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return waitForKey(file);
}

/** Another process may have made the file a moment ago and be about to fill it. */
async function waitForKey(file: string): Promise<Buffer> {
  for (let tries = 0; ; tries++) {
    const key = Buffer.from(await readFile(file, 'utf8'), 'base64');
    if (key.length > 0 || tries > 100) return key;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
