import { type Bytes } from '@octo/kernel';
import { type Artifact, type ArtifactStore, type Claim } from '@octo/plane';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toArtifact } from './artifact-rows.ts';
import { holdClaim } from './claims.ts';
import { type Database, run } from './database.ts';
import { ARTIFACT, seqOf } from './ids.ts';

/** Bytes of artifacts, as files below one folder. A file is in place before its row says so. */
export class FileArtifacts implements ArtifactStore {
  readonly #db: Database;
  readonly #root: string;

  constructor(db: Database, root: string) {
    this.#db = db;
    this.#root = root;
  }

  async put(claim: Claim, artifactId: string, content: Bytes, signal: AbortSignal): Promise<void> {
    const file = this.#file(claim.taskId, artifactId);
    const { sizeBytes, sha256 } = await store(file, content, signal);
    await this.#db.write(async (trx) => {
      await holdClaim(trx, claim);
      await run(trx, 'update artifact set size_bytes = ?, sha256 = ? where seq = ?', [
        sizeBytes,
        sha256,
        seqOf(ARTIFACT, artifactId),
      ]);
    });
  }

  async get(artifactId: string): Promise<{ readonly artifact: Artifact; readonly content: Bytes } | undefined> {
    const [row] = await this.#db.read('select * from artifact where seq = ? and size_bytes is not null', [
      seqOf(ARTIFACT, artifactId),
    ]);
    if (!row) return undefined;
    const artifact = toArtifact(row);
    const file = this.#file(artifact.taskId, artifact.id);
    const content: Bytes = {
      sizeBytes: artifact.sizeBytes ?? 0,
      ...(artifact.sha256 !== undefined && { sha256: artifact.sha256 }),
      open: (fromByte = 0) => createReadStream(file, { start: fromByte, highWaterMark: 256 * 1024 }),
    };
    return { artifact, content };
  }

  #file(taskId: string, artifactId: string): string {
    return join(this.#root, taskId, artifactId);
  }
}

/** Whole or not at all. */
async function store(file: string, content: Bytes, signal: AbortSignal) {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const part = `${file}.part`;
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    await using handle = await open(part, 'w', 0o600);
    for await (const bytes of content.open()) {
      signal.throwIfAborted();
      hash.update(bytes);
      sizeBytes += bytes.length;
      await handle.writeFile(bytes);
    }
    await handle.sync();
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await rename(part, file);
  return { sizeBytes, sha256: hash.digest('hex') };
}
