export type Row = Record<string, unknown>;
export type Binding = string | number | bigint | Uint8Array | null;

/** The little that databases say differently. Whatever is written for one and needless in the other is empty there. */
export interface Dialect {
  /** As knex calls it when it draws tables. */
  readonly client: 'better-sqlite3' | 'pg';
  /** Behind a select: its rows stay as they were read until the transaction ends; other writers of them wait. */
  readonly forUpdate: string;
  /** The same, but rows that another transaction keeps are passed over. */
  readonly skipLocked: string;
  /** First in a transaction that migrates: of processes that want to at once the others wait. */
  readonly migrationGuard: readonly string[];
  /** Keeps task_tally in step with task: a list says how many there are without counting them. */
  readonly tally: readonly string[];
  /** A statement that knex drew, in the types of this database. */
  shape(sql: string): string;
}

/** What a database's driver has to bring. `?` stands for a binding. Answers may come at once or later. */
export interface Connection {
  readonly dialect: Dialect;
  /** Most writes that share one commit. */
  readonly batch: number;
  /**
   * Whether each of them gets a savepoint, so that one that fails leaves the others alone. Without, the others are done
   * once more: cheaper where each statement is a way to a server and back, and hardly any write fails.
   */
  readonly hasSavepoints: boolean;
  /** One statement, with the rows it returns. */
  query(sql: string, bindings?: readonly Binding[]): Row[] | Promise<Row[]>;
  /** Only where reads have connections of their own: they neither wait for a transaction nor see what it is at. */
  read?(sql: string, bindings: readonly Binding[]): Promise<Row[]>;
  /** Begin a transaction that no other can make fail by writing first. */
  begin(): Promise<void>;
  /** Resolves once it is durable. One that fails leaves no transaction open. */
  commit(): void | Promise<void>;
  rollback(): void | Promise<void>;
  /** Whether what failed so has done nothing and may well pass if it is done once more. */
  mayRepeat(error: unknown): boolean;
  close(): void | Promise<void>;
}

/** A connection in the middle of a transaction. */
export type Transaction = Pick<Connection, 'query' | 'dialect'>;
