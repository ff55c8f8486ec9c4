import { type Bytes, NotFoundError } from '@octo/kernel';
import { type Artifact, type ArtifactStore, type Claim } from '@octo/plane';
import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { toArtifact } from './artifact-rows.ts';
import { holdClaim } from './claims.ts';
import { type Database, run } from './database.ts';
import { ARTIFACT, idOf, seqOf, TASK } from './ids.ts';

/** No transfer takes so long: what is older was interrupted. */
const PART_MS = 24 * 3_600_000;

/** Bytes of artifacts, as files below one folder. A file is in place before its row says so. */
export class FileArtifacts implements ArtifactStore {
  readonly #db: Database;
  readonly #root: string;

  constructor(db: Database, root: string) {
    this.#db = db;
    this.#root = root;
  }

  /** The bytes are laid aside first, so that whoever lost the claim meanwhile replaces nothing. */
  async put(claim: Claim, artifactId: string, content: Bytes, signal: AbortSignal): Promise<void> {
    const seq = seqOf(ARTIFACT, artifactId);
    const folder = this.#folder(claim.taskId);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const part = join(folder, `${randomUUID()}.part`);
    try {
      const { sizeBytes, sha256 } = await store(part, content, signal);
      let isPlaced = false; // a write may be done once more
      await this.#db.write(async (trx) => {
        const held = await holdClaim(trx, claim);
        const [row] = await run(
          trx,
          'update artifact set size_bytes = ?, sha256 = ? where seq = ? and task_seq = ? returning seq',
          [sizeBytes, sha256, seq, held['seq'] as number],
        );
        if (!row)
          throw new NotFoundError('OCTO_ARTIFACT_UNKNOWN', `${claim.taskId} has declared no artifact ${artifactId}`, {
            hint: `octo task show ${claim.taskId} lists those that there are`,
          });
        if (!isPlaced) await rename(part, join(folder, idOf(ARTIFACT, seq)));
        isPlaced = true;
        await syncFolder(folder);
      });
    } finally {
      await rm(part, { force: true });
    }
  }

  async get(artifactId: string): Promise<{ readonly artifact: Artifact; readonly content: Bytes } | undefined> {
    const [row] = await this.#db.read('select * from artifact where seq = ? and size_bytes is not null', [
      seqOf(ARTIFACT, artifactId),
    ]);
    if (!row) return undefined;
    const artifact = toArtifact(row);
    const file = join(this.#folder(artifact.taskId), artifact.id);
    if (!existsSync(file))
      throw new NotFoundError(
        'OCTO_ARTIFACT_EXPIRED',
        `the bytes of ${artifact.id} (${artifact.name}) are not kept any more`,
        {
          hint: 'fetch artifacts in time, or set ArtifactKeepDays higher (PUT /api/octo/settings)',
        },
      );
    const content: Bytes = {
      sizeBytes: artifact.sizeBytes ?? 0,
      ...(artifact.sha256 !== undefined && { sha256: artifact.sha256 }),
      open: (fromByte = 0) => createReadStream(file, { start: fromByte, highWaterMark: 256 * 1024 }),
    };
    return { artifact, content };
  }

  async sweep(beforeMs: number): Promise<number> {
    let swept = 0;
    for (const folder of await readdir(this.#root).catch(() => [])) {
      const place = join(this.#root, folder);
      for (const name of await readdir(place).catch(() => [])) {
        const file = join(place, name);
        const storedMs = (await stat(file).catch(() => undefined))?.mtimeMs;
        const limitMs = name.endsWith('.part') ? Math.max(beforeMs, Date.now() - PART_MS) : beforeMs;
        if (storedMs === undefined || storedMs >= limitMs) continue;
        await rm(file, { force: true });
        swept++;
      }
      await rmdir(place).catch(() => {}); // only an empty one goes
    }
    return swept;
  }

  /** By the number, and not by the text that came: no text leads out of the root. */
  #folder(taskId: string): string {
    return join(this.#root, idOf(TASK, seqOf(TASK, taskId)));
  }
}

/** On the disk when it resolves. */
async function store(file: string, content: Bytes, signal: AbortSignal) {
  const hash = createHash('sha256');
  const sink = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true });
  await pipeline(content.open(), (chunks) => hashed(chunks, hash), sink, { signal });
  return { sizeBytes: sink.bytesWritten, sha256: hash.digest('hex') };
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: Hash): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}
