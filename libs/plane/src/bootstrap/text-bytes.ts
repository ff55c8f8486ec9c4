import { type Bytes } from '@octo/kernel';

export function textBytes(text: string): Bytes {
  return bufferBytes(Buffer.from(text, 'utf8'));
}

export function bufferBytes(bytes: Uint8Array, sha256?: string): Bytes {
  return {
    sizeBytes: bytes.length,
    ...(sha256 !== undefined && { sha256 }),
    async *open(fromByte = 0) {
      yield bytes.subarray(fromByte);
    },
  };
}
