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

/** What toChunks made, from line number `from` on, as the rows of a JSON list. */
export function rowsOf(first: number, data: unknown, from: number): string {
  const text = textOf(data);
  let start = 0;
  for (let seq = first; seq < from; seq++) start = text.indexOf('\n', start) + 1;
  return text.slice(start).replaceAll('\n', ',');
}

export function fromChunk(first: number, data: unknown): readonly LogLine[] {
  return textOf(data)
    .split('\n')
    .map((json, index) => {
      const [activityId, category, atMs, text] = JSON.parse(json) as [string, LogCategory, number, string]; // by toChunks
      return { seq: first + index, activityId, category, atMs, text };
    });
}

/** Drivers give a Buffer for a blob; a copy of it would cost as much as reading it. */
function textOf(data: unknown): string {
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data as Uint8Array).toString('utf8');
}
