import { type Bytes } from '@octo/kernel';
import { createCipheriv, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

// A script file that is encrypted before it is written; the tool that is started decrypts it (halibut.md 7.2).
const MARK = Buffer.from('IV__');
const BLOCK_BYTES = 16;
const keyOf = (password: string) => promisify(pbkdf2)(password, 'Octopuss', 1000, 16, 'sha1');

export function encrypted(plain: Bytes, password: string): Bytes {
  const padded = (Math.floor(plain.sizeBytes / BLOCK_BYTES) + 1) * BLOCK_BYTES; // PKCS7 always adds something
  return {
    sizeBytes: MARK.length + BLOCK_BYTES + padded,
    async *open() {
      const iv = randomBytes(BLOCK_BYTES);
      const cipher = createCipheriv('aes-128-cbc', await keyOf(password), iv);
      yield Buffer.concat([MARK, iv]);
      for await (const chunk of plain.open()) {
        const piece = cipher.update(chunk);
        if (piece.length > 0) yield piece;
      }
      yield cipher.final();
    },
  };
}
