import { type Artifact, type NewArtifact } from '@octo/plane';
import { type Row, run, type Transaction } from './database.ts';
import { ARTIFACT, idOf, TASK } from './ids.ts';

/** The same path and name declared twice by one action is one artifact. */
export async function insertArtifacts(trx: Transaction, seq: number, artifacts: readonly NewArtifact[]): Promise<void> {
  for (const { action, name, path } of artifacts)
    await run(
      trx,
      `insert into artifact (task_seq, action, name, path) values (?, ?, ?, ?)
       on conflict (task_seq, action, path, name) do nothing`,
      [seq, action, name, path],
    );
}

export function toArtifact(row: Row): Artifact {
  return {
    id: idOf(ARTIFACT, row['seq']),
    taskId: idOf(TASK, row['task_seq']),
    action: Number(row['action']),
    name: String(row['name']),
    path: String(row['path']),
    ...(row['size_bytes'] !== null && { sizeBytes: Number(row['size_bytes']), sha256: String(row['sha256']) }),
  };
}
