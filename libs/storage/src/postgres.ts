// All that is PostgreSQL's own and not SQL: which connections there are, and how long each is waited for.
import { Database } from './database.ts';
import { clientConfig } from './postgres-address.ts';
import { PostgresConnection } from './postgres-client.ts';
import { explainPostgres } from './postgres-errors.ts';
import { PostgresLocks } from './postgres-locks.ts';
import { PostgresNews } from './postgres-news.ts';
import { PostgresSession } from './postgres-session.ts';

export interface PostgresLimits {
  /** Most connections for reading. Default 8; besides there are one for writing and one for locks and news. */
  readonly connections?: number;
  /** Longest that a database which is away is waited for, in ms. Default 10,000. */
  readonly awayLimitMs?: number;
  /** How long after a start of the database itself nobody is declared dead, in ms. Default 10,000. */
  readonly graceMs?: number;
}

export interface PostgresOptions extends PostgresLimits {
  readonly url: string;
  /** True: whatever would write fails with OCTO_STORAGE_READ_ONLY. */
  readonly isReadOnly: boolean;
}

/** Connections are made when they are needed, so that this neither waits nor fails because of the database. */
export function openPostgres(options: PostgresOptions) {
  const { url, isReadOnly, connections = 8, awayLimitMs = 10_000, graceMs = 10_000 } = options;
  const config = clientConfig({ url, connectMs: awayLimitMs, isReadOnly });
  const db = new Database(new PostgresConnection({ config, connections, awayLimitMs }), explainPostgres);
  const session = new PostgresSession(config);
  return {
    db,
    locks: new PostgresLocks(db, session, graceMs),
    news: new PostgresNews(db, session),
    [Symbol.asyncDispose]: async () => {
      await session[Symbol.asyncDispose]();
      await db[Symbol.asyncDispose]();
    },
  };
}
