import { randomUUID } from 'node:crypto';
import { type Database } from './database.ts';
import { type News } from './news.ts';
import { type PostgresSession } from './postgres-session.ts';

const CHANNEL = 'octo';

/** Wake-ups by LISTEN and NOTIFY. What is lost with a connection is made up for by waking everybody after it. */
export class PostgresNews implements News {
  readonly #db: Database;
  readonly #session: PostgresSession;
  readonly #self = randomUUID();
  readonly #waiting = new Set<string>();
  #isTelling = false;

  constructor(db: Database, session: PostgresSession) {
    this.#db = db;
    this.#session = session;
  }

  /** After the commit and not in it, for PostgreSQL lets only one transaction commit at a time that notifies. */
  tell(topic: string): void {
    this.#waiting.add(topic);
    if (!this.#isTelling) void this.#tellAll();
  }

  async hear(topics: readonly string[], wake: (topic: string) => void): Promise<void> {
    await this.#session.keep(async (line) => {
      line.on('notification', ({ payload = '' }) => {
        const [sender, topic = ''] = payload.split(' ');
        if (sender !== this.#self && topics.includes(topic)) wake(topic);
      });
      await line.query(`listen ${CHANNEL}`);
      for (const topic of topics) wake(topic); // what was told while nobody listened
    });
  }

  /** What comes while one is under way goes with the next: many enqueue at once, one notification is enough. */
  async #tellAll(): Promise<void> {
    this.#isTelling = true;
    while (this.#waiting.size > 0) {
      const payloads = [...this.#waiting].map((topic) => `${this.#self} ${topic}`);
      this.#waiting.clear();
      const sql = `select ${payloads.map(() => `pg_notify('${CHANNEL}', ?)`).join(', ')}`;
      await this.#db.read(sql, payloads).catch(() => {}); // the others find it when they look by themselves
    }
    this.#isTelling = false;
  }
}
