import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig, type Pool } from 'pg';
import { type Binding, type Row } from './connection.ts';
import { bearable, numbered } from './postgres-dialect.ts';
import { isGone } from './postgres-errors.ts';

const FAREWELL_MS = 2_000;

/** A connection of its own, outside of the pool, whose socket can be closed without the other side's help. */
export class Line extends Client {
  readonly #socket: Socket;

  private constructor(config: ClientConfig, socket: Socket) {
    super({ ...config, stream: () => socket });
    this.#socket = socket;
  }

  /** `onLost` is told once, however the connection ends. */
  static async open(config: ClientConfig, onLost: (line: Line) => void): Promise<Line> {
    const line = new Line(config, new Socket());
    line.on('error', () => {}); // without somebody who listens it would end the process; `end` follows
    line.once('end', () => onLost(line));
    try {
      await line.connect();
      return line;
    } catch (error) {
      line.cut();
      throw error;
    }
  }

  /** Without a word: for a connection that is lost. */
  cut(): void {
    this.#socket.destroy();
  }

  /** Politely, but not for long. */
  async close(): Promise<void> {
    const ended = this.end().catch(() => {});
    await Promise.race([ended, sleep(FAREWELL_MS, undefined, { ref: false })]);
    this.cut();
  }
}

/** Unnamed: a prepared statement would break when another process migrates the table, or behind a pooler. */
export async function ask(on: Pool | Line, sql: string, bindings: readonly Binding[] = []) {
  try {
    return await on.query<Row>(numbered(sql), bearable(bindings));
  } catch (error) {
    if (error instanceof Error && !isGone(error)) error.message = `${sql} - ${error.message}`; // without the values
    throw error;
  }
}
