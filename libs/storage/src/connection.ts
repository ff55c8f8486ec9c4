export type Row = Record<string, unknown>;
export type Binding = string | number | bigint | Uint8Array | null;

/** What a database's driver has to bring. `?` stands for a binding. Answers may come at once or later. */
export interface Connection {
  /** One statement, with the rows it returns. */
  query(sql: string, bindings?: readonly Binding[]): Row[] | Promise<Row[]>;
  /** Begin a transaction that no other can make fail by writing first. */
  begin(): Promise<void>;
  /** Resolves once it is durable. One that fails leaves no transaction open. */
  commit(): void | Promise<void>;
  rollback(): void | Promise<void>;
  close(): void | Promise<void>;
}

/** A connection in the middle of a transaction. */
export type Transaction = Pick<Connection, 'query'>;
