import { ConflictError, NotFoundError } from '@octo/kernel';
import { type Audit, DEFAULT_POLICY, type SpaceRecord, type Spaces } from '@octo/plane';
import { type Database, type Row, run, type Transaction } from './database.ts';
import { nextNumber } from './documents.ts';
import { writeEvent } from './events.ts';
import { slugOf } from './ids.ts';

/** In this order what is in a space goes with it. What belongs to a task goes with the task. */
const CONTENTS = ['lease', 'worker', 'worker_pool', 'document', 'task', 'task_tally'];
const RUNNING = `state in ('Queued', 'Executing', 'Cancelling')`;

export class SqlSpaces implements Spaces {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async list(): Promise<readonly SpaceRecord[]> {
    return (await this.#db.read('select * from space order by lower(name)')).map(toSpace);
  }

  /** With the default pool, the default machine policy and the managers' team that every space has (R45, R108). */
  add(space: Omit<SpaceRecord, 'id'>, audit: Audit<SpaceRecord>): Promise<SpaceRecord> {
    return this.#db.write(async (trx) => {
      await refuseTaken(trx, space.name, '');
      const id = `Spaces-${await nextNumber(trx, 'spaces')}`;
      const team = `teams-spacemanagers-${id}`;
      const name = space.name.trim();
      const added = {
        ...space,
        id,
        name,
        slug: space.slug || slugOf(name),
        managerTeamIds: [team, ...space.managerTeamIds],
      };
      await run(
        trx,
        'insert into space (id, name, slug, is_default, is_queue_stopped, details) values (?, ?, ?, 0, ?, ?)',
        [id, name, added.slug, space.isQueueStopped ? 1 : 0, details(added)],
      );
      await run(
        trx,
        `insert into worker_pool (space_id, name, name_key, slug, description, is_default, sort_order)
         values (?, 'Default Worker Pool', 'default worker pool', 'default-worker-pool', '', 1, 0)`,
        [id],
      );
      const event = audit(added);
      await furnish(trx, added, { nowMs: event.atMs, by: event.actor.username });
      await writeEvent(trx, event);
      return added;
    });
  }

  update(space: SpaceRecord, audit: Audit<SpaceRecord>): Promise<SpaceRecord> {
    return this.#db.write(async (trx) => {
      await refuseTaken(trx, space.name, space.id);
      if (space.isDefault) await run(trx, 'update space set is_default = 0');
      const [row] = await run(
        trx,
        `update space set name = ?, slug = ?, is_default = ?, is_queue_stopped = ?, details = ? where id = ? returning *`,
        [
          space.name.trim(),
          space.slug,
          space.isDefault ? 1 : 0,
          space.isQueueStopped ? 1 : 0,
          details(space),
          space.id,
        ],
      );
      if (!row) throw gone(space.id);
      await writeEvent(trx, audit(toSpace(row)));
      return toSpace(row);
    });
  }

  async remove(space: SpaceRecord, audit: Audit<SpaceRecord>): Promise<void> {
    await this.#db.write(async (trx) => {
      const [row] = await run(trx, `select * from space where id = ? ${trx.dialect.forUpdate}`, [space.id]);
      if (!row) throw gone(space.id);
      const now = toSpace(row);
      if (now.isDefault) throw new ConflictError('OCTO_SPACE_DEFAULT', `${now.name} is the default space`);
      if (!now.isQueueStopped)
        throw new ConflictError('OCTO_SPACE_QUEUE', `the task queue of ${now.name} is not stopped`, {
          hint: 'stop its queue first, so that nothing begins while it goes: octo space edit NAME --stop-queue',
        });
      const [busy] = await run(trx, `select seq from task where space_id = ? and ${RUNNING} limit 1`, [space.id]);
      if (busy)
        throw new ConflictError('OCTO_SPACE_BUSY', `${now.name} has tasks that are not over`, {
          hint: 'wait for them, or cancel them',
        });
      await run(trx, `delete from document where id_key = ?`, [`teams-spacemanagers-${space.id}`.toLowerCase()]);
      for (const table of CONTENTS) await run(trx, `delete from ${table} where space_id = ?`, [space.id]);
      await run(trx, 'delete from space where id = ?', [space.id]);
      await writeEvent(trx, audit(now));
    });
  }
}

async function furnish(trx: Transaction, space: SpaceRecord, at: { readonly nowMs: number; readonly by: string }) {
  const put = (kind: string, id: string, spaceId: string, name: string, members: unknown) =>
    run(
      trx,
      `insert into document (kind, id_key, id, space_id, name, name_key, slug, version, members, secret_names, sealed,
         modified_ms, modified_by) values (?, ?, ?, ?, ?, ?, ?, 1, ?, '[]', ?, ?, ?)`,
      [
        kind,
        id.toLowerCase(),
        id,
        spaceId,
        name,
        name.toLowerCase(),
        slugOf(name),
        JSON.stringify(members),
        Buffer.alloc(0),
        at.nowMs,
        at.by,
      ],
    );
  const [team = ''] = space.managerTeamIds;
  const number = await nextNumber(trx, 'scopeduserroles');
  const role = `ScopedUserRoles-${number}`;
  await put('teams', team, '', `Space Managers of ${space.name}`, { MemberUserIds: space.managerUserIds });
  await put('scopeduserroles', role, space.id, role, { TeamId: team, UserRoleId: 'userroles-spacemanager' });
  const policy = `MachinePolicies-${await nextNumber(trx, 'machinepolicies')}`;
  await put('machinepolicies', policy, space.id, 'Default Machine Policy', DEFAULT_POLICY);
}

async function refuseTaken(trx: Transaction, name: string, but: string): Promise<void> {
  const [taken] = await run(trx, 'select id from space where lower(name) = ? and id <> ?', [
    name.trim().toLowerCase(),
    but,
  ]);
  if (taken)
    throw new ConflictError('OCTO_DOCUMENT_NAME', `the name "${name.trim()}" is taken by ${String(taken['id'])}`, {
      hint: 'choose another name',
    });
}
function gone(id: string): NotFoundError {
  return new NotFoundError('OCTO_DOCUMENT_GONE', `there is no ${id}`, {
    hint: 'list what there is; it may be deleted',
  });
}
function details({ description, managerTeamIds, managerUserIds, modifiedAtMs }: Omit<SpaceRecord, 'id'>): string {
  return JSON.stringify({ description, managerTeamIds, managerUserIds, modifiedAtMs });
}

function toSpace(row: Row): SpaceRecord {
  const more = JSON.parse(String(row['details'])) as Partial<SpaceRecord>; // by details() above
  return {
    id: String(row['id']),
    name: String(row['name']),
    slug: String(row['slug']),
    isDefault: Number(row['is_default']) === 1,
    isQueueStopped: Number(row['is_queue_stopped']) === 1,
    description: more.description ?? '',
    managerTeamIds: more.managerTeamIds ?? [],
    managerUserIds: more.managerUserIds ?? [],
    modifiedAtMs: more.modifiedAtMs ?? 0,
  };
}
