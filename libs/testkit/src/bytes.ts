import { type Bytes } from '@octo/kernel';

export function textBytes(text: string): Bytes {
  const bytes = Buffer.from(text);
  return {
    sizeBytes: bytes.length,
    async *open(fromByte = 0) {
      yield bytes.subarray(fromByte);
    },
  };
}
