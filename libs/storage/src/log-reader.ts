import { type LogLine, type PackedLines } from '@octo/plane';
import { type Database } from './database.ts';
import { fromChunk, rowsOf } from './log-chunks.ts';

/** What a line costs beside its text. */
const LINE_BYTES = 40;
/** Most chunks that are looked at in one query. A task that wrote line by line has one line in each. */
const CHUNKS = 500;

/** Lines after number `after`, until they fill `limitBytes`: never more is held than that and one chunk. */
export async function readLines(
  db: Database,
  task: number,
  after: number,
  limitBytes: number,
): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  let size = 0;
  while (size < limitBytes) {
    const from = lines.at(-1)?.seq ?? after;
    const last = await lastWithin(db, task, from, limitBytes - size);
    if (last === undefined) break;
    const rows = await db.read(
      'select first_seq, data from task_log where task_seq = ? and last_seq > ? and last_seq <= ? order by last_seq',
      [task, from, last],
    );
    for (const line of rows.flatMap((row) => fromChunk(Number(row['first_seq']), row['data']))) {
      if (line.seq <= from) continue;
      if (size >= limitBytes) return lines;
      lines.push(line);
      size += line.text.length + LINE_BYTES;
    }
  }
  return lines;
}

/** As they are stored, so that nothing is parsed for a reader who gets JSON anyway. Whole chunks, at least one. */
export async function readPacked(db: Database, task: number, after: number, limitBytes: number): Promise<PackedLines> {
  const last = await lastWithin(db, task, after, limitBytes);
  if (last === undefined) return { first: after + 1, last: after, rows: '' };
  const chunks = await db.read(
    'select first_seq, data from task_log where task_seq = ? and last_seq > ? and last_seq <= ? order by last_seq',
    [task, after, last],
  );
  const rows = chunks.map((chunk) => rowsOf(Number(chunk['first_seq']), chunk['data'], after + 1));
  return { first: after + 1, last, rows: rows.join(',') };
}

/** Number of the last line of the chunk with which the chunks after `from` reach `limitBytes`. */
async function lastWithin(db: Database, task: number, from: number, limitBytes: number): Promise<number | undefined> {
  const rows = await db.read(
    'select last_seq, length(data) as bytes from task_log where task_seq = ? and last_seq > ? order by last_seq limit ?',
    [task, from, CHUNKS],
  );
  let size = 0;
  const enough = rows.find((row) => (size += Number(row['bytes'])) >= limitBytes) ?? rows.at(-1);
  return enough && Number(enough['last_seq']);
}
