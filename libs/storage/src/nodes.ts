import { type Node, type Nodes } from '@octo/plane';
import { type Database, type Row } from './database.ts';

export class SqlNodes implements Nodes {
  readonly #db: Database;
  readonly #forget: (nodeId: string) => Promise<void>;

  /** `forget` removes what a removed node leaves on disk. */
  constructor(db: Database, forget: (nodeId: string) => Promise<void>) {
    this.#db = db;
    this.#forget = forget;
  }

  async register(node: Node): Promise<Node> {
    const [row] = await this.#db.execute(
      `insert into node (id, name, kind, task_cap, started_ms, last_seen_ms) values (?, ?, ?, ?, ?, ?)
       on conflict (id) do update set name = excluded.name, kind = excluded.kind,
         started_ms = excluded.started_ms, last_seen_ms = excluded.last_seen_ms returning *`,
      [node.id, node.name, node.kind, node.taskCap, node.startedAtMs, node.lastSeenMs],
    );
    return toNode(row as Row);
  }
  async list(): Promise<readonly Node[]> {
    return (await this.#db.read('select * from node order by id')).map(toNode);
  }
  async get(nodeId: string): Promise<Node | undefined> {
    const [row] = await this.#db.read('select * from node where id = ?', [nodeId]);
    return row && toNode(row);
  }
  async seen(nodeId: string, nowMs: number): Promise<void> {
    await this.#db.execute('update node set last_seen_ms = ? where id = ?', [nowMs, nodeId]);
  }
  async setTaskCap(nodeId: string, taskCap: number): Promise<boolean> {
    const rows = await this.#db.execute('update node set task_cap = ? where id = ? returning id', [taskCap, nodeId]);
    return rows.length > 0;
  }
  async remove(nodeId: string): Promise<void> {
    await this.#db.execute('delete from node where id = ?', [nodeId]);
    await this.#forget(nodeId);
  }
}

function toNode(row: Row): Node {
  return {
    id: String(row['id']),
    name: String(row['name']),
    kind: row['kind'] as Node['kind'], // written by this package alone
    taskCap: Number(row['task_cap']),
    startedAtMs: Number(row['started_ms']),
    lastSeenMs: Number(row['last_seen_ms']),
  };
}
