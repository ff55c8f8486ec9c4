import { type OctoApi, type WireEvent, type WirePage } from '@octo/api';
import { Flags } from '@oclif/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection } from '../../connect.ts';
import { eventPath, fresh } from '../../events.ts';
import { instantOf } from '../../instants.ts';
import { onInterrupt } from '../../interrupts.ts';
import { camelNames } from '../../json-names.ts';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { table, when } from '../../table.ts';

const POLL_MS = 1_000;

export default class EventList extends OctoCommand {
  static override summary = 'List what was changed and what happened, newest first; --follow goes on.';
  static override examples = [
    '<%= config.bin %> event list --since 2h',
    '<%= config.bin %> event list --regarding Workers-3 --category Modified',
    '<%= config.bin %> event list --user jane --follow',
  ];
  static override flags = {
    ...connectionFlags,
    regarding: Flags.string({ description: 'id of a worker, user, task …; repeatable', multiple: true, default: [] }),
    category: Flags.string({ description: 'Created, Modified, Deleted …; repeatable', multiple: true, default: [] }),
    user: Flags.string({ description: 'by whom: id or name' }),
    since: Flags.string({ description: 'from then on: 2h, 3d, or 2026-01-31T12:00:00Z' }),
    space: Flags.string({ description: 'of one space: id, name or slug [default: of all that you see]' }),
    take: Flags.integer({ description: 'at most so many', default: 30, min: 1, max: 1_000 }),
    follow: Flags.boolean({
      char: 'f',
      description: 'print new ones as they come; with --json one a line',
      default: false,
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(EventList);
    const since = flags.since;
    const from = since === undefined ? undefined : instantOf(since, { flag: '--since', sign: -1, nowMs: Date.now() });
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { findSpace, findUser, get } = await import('@octo/api');
    const limit = AbortSignal.timeout(60_000);
    const userId = flags.user === undefined ? undefined : (await findUser(api, flags.user, limit)).Id;
    const named = flags.space;
    const spaceId = named === undefined ? undefined : (await findSpace(api, named, limit)).Id;
    const query = { regarding: flags.regarding, categories: flags.category, userId, from, spaceId };
    const { Items } = await get<WirePage<WireEvent>>(api, eventPath({ ...query, take: flags.take }), limit);
    if (flags.follow) return await this.#follow(connection, query, Items.toReversed());
    const rows = Items.map((it) => [it.Id, when(it.Occurred), it.Category, it.Username, it.Message]);
    this.log(table(['id', 'when', 'category', 'user', 'what'], rows) || 'There are no such events.');
    return Items;
  }

  /** Oldest first, until Ctrl-C. */
  async #follow({ api }: Connection, query: Parameters<typeof eventPath>[0], first: readonly WireEvent[]) {
    const stop = new AbortController();
    using _ = onInterrupt(
      () => stop.abort(),
      () => process.exit(130),
    );
    this.#print(first);
    let last = first.at(-1)?.Id;
    while (!stop.signal.aborted) {
      await sleep(POLL_MS, undefined, { signal: stop.signal }).catch(() => {}); // an end is seen by the loop
      const news = await after(api, query, last, stop.signal).catch((error: unknown) => {
        if (stop.signal.aborted) return [];
        throw error;
      });
      this.#print(news);
      last = news.at(-1)?.Id ?? last;
    }
    process.exitCode = 130;
    return undefined;
  }
  #print(events: readonly WireEvent[]): void {
    for (const it of events) {
      const line = this.jsonEnabled()
        ? JSON.stringify(camelNames(it))
        : [it.Id, when(it.Occurred), it.Category, it.Username, it.Message].join('  ');
      process.stdout.write(`${line}\n`);
    }
  }
}

async function after(
  api: OctoApi,
  query: Parameters<typeof eventPath>[0],
  last: string | undefined,
  signal: AbortSignal,
): Promise<readonly WireEvent[]> {
  const { get } = await import('@octo/api');
  const page = await get<WirePage<WireEvent>>(api, eventPath({ ...query, after: last, take: 1_000 }), signal);
  return fresh(page.Items, last);
}
