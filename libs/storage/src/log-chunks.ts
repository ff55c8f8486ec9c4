import { type LogCategory, type LogLine, type NewLine } from '@octo/plane';

/** Lines are kept in chunks of about this size; one row each. */
export const CHUNK_BYTES = 256 * 1024;

export interface Chunk {
  readonly first: number;
  readonly last: number;
  readonly data: Buffer;
}

/** Lines as newline-separated JSON arrays, numbered from `first` on, cut into chunks. */
export function toChunks(lines: readonly NewLine[], first: number): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let texts: string[] = [];
  let size = 0;
  let next = first;
  const close = () => {
    if (texts.length === 0) return;
    chunks.push({ first: next, last: next + texts.length - 1, data: Buffer.from(texts.join('\n')) });
    next += texts.length;
    texts = [];
    size = 0;
  };
  for (const { activityId, category, atMs, text } of lines) {
    const json = JSON.stringify([activityId, category, atMs, text]);
    texts.push(json);
    size += json.length;
    if (size >= CHUNK_BYTES) close();
  }
  close();
  return chunks;
}

export function fromChunk(first: number, data: unknown): readonly LogLine[] {
  return Buffer.from(data as Uint8Array)
    .toString('utf8')
    .split('\n')
    .map((json, index) => {
      const [activityId, category, atMs, text] = JSON.parse(json) as [string, LogCategory, number, string]; // by toChunks
      return { seq: first + index, activityId, category, atMs, text };
    });
}
