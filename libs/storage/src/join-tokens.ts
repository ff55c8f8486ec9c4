import { SecurityError } from '@octo/kernel';
import {
  type Audit,
  JOIN_TOKENS,
  type Joining,
  type JoinTokenMembers,
  type JoinTokens,
  type Worker,
} from '@octo/plane';
import { timingSafeEqual } from 'node:crypto';
import { type Database, run, type Transaction } from './database.ts';
import { seqOf, WORKER } from './ids.ts';
import { type News } from './news.ts';
import { type AddressOf, insertWorker, toWorker } from './workers.ts';

export class SqlJoinTokens implements JoinTokens {
  readonly #db: Database;
  readonly #news: News;
  readonly #addressOf: AddressOf;

  constructor(db: Database, news: News, addressOf: AddressOf) {
    this.#db = db;
    this.#news = news;
    this.#addressOf = addressOf;
  }

  async join(joining: Joining, worker: Omit<Worker, 'id'>, audit: Audit<Worker>) {
    const address = await this.#addressOf(worker.style, worker.endpoint);
    const joined = await this.#db.write(async (trx) => {
      const token = await goodToken(trx, joining);
      const known = await joinedBefore(trx, token, joining);
      if (known) return { worker: known, isNew: false };
      if (token.Joined.length >= token.Count) throw refused('is used up');
      const added = await insertWorker(trx, worker, address, audit);
      const { thumbprint: Thumbprint, nowMs: AtMs } = joining;
      const after = { ...token, Joined: [...token.Joined, { WorkerId: added.id, Thumbprint, AtMs }] };
      await run(trx, 'update document set members = ?, version = version + 1 where kind = ? and id_key = ?', [
        JSON.stringify(after),
        JOIN_TOKENS,
        joining.tokenId.toLowerCase(),
      ]);
      return { worker: added, isNew: true };
    });
    if (joined.isNew) this.#news.tell('workers');
    return joined;
  }
}

/** Locked until the transaction ends: of several that use the last of it at once, one wins. */
async function goodToken(trx: Transaction, { tokenId, hash, nowMs }: Joining): Promise<JoinTokenMembers> {
  const [row] = await run(trx, `select members from document where kind = ? and id_key = ? ${trx.dialect.forUpdate}`, [
    JOIN_TOKENS,
    tokenId.toLowerCase(),
  ]);
  const token = row && (JSON.parse(String(row['members'])) as JoinTokenMembers); // written by the server's route
  const [known, given] = [Buffer.from(token?.Hash ?? ''), Buffer.from(hash)];
  if (!token || known.length !== given.length || !timingSafeEqual(known, given)) throw refused('is not valid');
  if (token.ExpiresMs <= nowMs) throw refused(`expired at ${new Date(token.ExpiresMs).toISOString()}`);
  return token;
}

async function joinedBefore(trx: Transaction, token: JoinTokenMembers, { thumbprint }: Joining) {
  for (const { WorkerId } of token.Joined.filter((it) => it.Thumbprint === thumbprint)) {
    const seq = seqOf(WORKER, WorkerId);
    const [row] = await run(trx, 'select * from worker where seq = ?', [seq]);
    const members = await run(trx, 'select pool_seq from worker_pool_member where worker_seq = ? order by pool_seq', [
      seq,
    ]);
    if (row) return toWorker(row, members);
  }
  return undefined;
}

function refused(why: string): SecurityError {
  return new SecurityError('OCTO_JOIN_TOKEN', `the join token ${why}`, {
    hint: 'make another one: octo worker join-token create --pool POOL',
  });
}
