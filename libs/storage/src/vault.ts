import { ConflictError, InputError } from '@octo/kernel';
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';

export const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Random bytes are drawn for this many seals at once. */
const NONCES = 256;
/** First byte of every sealed value: its form. */
const FORM = 1;

/**
 * Seals sensitive values: AES-256-GCM, a random nonce each, bound to what they are, so that a value moved to another
 * place does not open. Layout: form (1), id of the key (4), nonce (12), tag (16), cipher text. Form and key id stand
 * there so that values sealed otherwise, or under an earlier key, can be told apart one day.
 */
export class Vault {
  readonly #key: KeyObject;
  readonly #head: Buffer;
  readonly #random = Buffer.alloc(NONCES * NONCE_BYTES);
  #used = this.#random.length;

  constructor(key: Buffer) {
    if (key.length !== KEY_BYTES)
      throw new InputError('OCTO_STORAGE_KEY_FORM', `the master key has ${key.length} bytes, not ${KEY_BYTES}`, {
        hint: 'make one with: openssl rand -base64 32',
      });
    this.#key = createSecretKey(key);
    const keyId = createHash('sha256').update('octo master key ').update(key).digest().subarray(0, KEY_ID_BYTES);
    this.#head = Buffer.concat([Buffer.of(FORM), keyId]);
  }

  /** `what` names the place of the value; only under the same name does it open again. */
  seal(what: string, value: unknown): Buffer {
    const nonce = this.#nonce();
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(what));
    const body = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
    return Buffer.concat([this.#head, nonce, cipher.getAuthTag(), body]);
  }

  /** Each stretch of the random bytes is used once. */
  #nonce(): Buffer {
    if (this.#used === this.#random.length) {
      randomFillSync(this.#random);
      this.#used = 0;
    }
    return this.#random.subarray(this.#used, (this.#used += NONCE_BYTES));
  }

  open(what: string, sealed: unknown): unknown {
    const bytes = Buffer.from(sealed as Uint8Array); // a blob column
    const [head, nonce, tag, body] = cut(bytes, this.#head.length, NONCE_BYTES, TAG_BYTES);
    if (!head.equals(this.#head))
      throw new ConflictError('OCTO_STORAGE_KEY', `${what} does not open with this master key`, {
        hint: 'put back the master.key that belongs to this database, or set OCTO_MASTER_KEY',
      });
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(what)).setAuthTag(tag);
      return JSON.parse(Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8'));
    } catch (cause) {
      throw new ConflictError('OCTO_STORAGE_SEAL', `${what} is not what was sealed there`, {
        hint: 'the database was changed by something else than octo; put back a backup of the whole data folder',
        cause,
      });
    }
  }
}

/** Three parts of the given lengths, and the rest. */
function cut(bytes: Buffer, first: number, second: number, third: number): readonly [Buffer, Buffer, Buffer, Buffer] {
  const [b, c] = [first + second, first + second + third];
  return [bytes.subarray(0, first), bytes.subarray(first, b), bytes.subarray(b, c), bytes.subarray(c)];
}
