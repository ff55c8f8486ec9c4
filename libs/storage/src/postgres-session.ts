import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientConfig } from 'pg';
import { Line } from './postgres-line.ts';

const RETRY_MS = { first: 50, most: 2_000 };
/** A connection that nobody uses is cut by many a firewall, and nobody hears of it: so often is it used. */
const BEAT_MS = 10_000;
const ANSWER_MS = 5_000;

/** What is to be done on every connection anew. */
type Duty = (line: Line) => Promise<void>;

/**
 * One connection that stays: for what belongs to a connection, as locks and listening. When it is lost it is made anew,
 * for as long as it takes, and every duty is done again on the new one. Made when the first duty comes.
 */
export class PostgresSession implements AsyncDisposable {
  readonly #config: ClientConfig;
  readonly #stop = new AbortController();
  readonly #duties: Duty[] = [];
  #line: Promise<Line> | undefined;
  /** The one that counts: others are still being made, or lost already. */
  #current: Line | undefined;
  #beat: NodeJS.Timeout | undefined;

  constructor(config: ClientConfig) {
    this.#config = { ...config, query_timeout: ANSWER_MS };
  }

  /** Now, and after every loss. Rejects if it fails now; it is not kept then. */
  async keep(duty: Duty): Promise<void> {
    await this.use(duty);
    this.onRenewal(duty);
  }

  /** After every loss. */
  onRenewal(duty: Duty): void {
    this.#duties.push(duty);
  }

  /** Once, on the connection as it is. While it is being renewed this waits. */
  async use<T>(act: (line: Line) => Promise<T>): Promise<T> {
    this.#line ??= this.#begin();
    return act(await this.#line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#beat);
    this.#current = undefined;
    const line = await this.#line?.catch(() => undefined);
    await line?.close();
  }

  async #begin(): Promise<Line> {
    try {
      return this.#settle(await this.#open());
    } catch (error) {
      this.#line = undefined;
      throw error;
    }
  }

  #open(): Promise<Line> {
    return Line.open(this.#config, (line) => this.#lost(line));
  }

  #settle(line: Line): Line {
    this.#current = line;
    clearInterval(this.#beat);
    const beat = () => void line.query('select 1').catch(() => this.#lost(line)); // no answer is as good as lost
    this.#beat = setInterval(beat, BEAT_MS).unref();
    return line;
  }

  #lost(line: Line): void {
    line.cut();
    if (line !== this.#current || this.#stop.signal.aborted) return;
    this.#current = undefined;
    clearInterval(this.#beat);
    this.#line = this.#renew();
    this.#line.catch(() => {}); // only when it is stopped
  }

  async #renew(): Promise<Line> {
    for (let waitMs = RETRY_MS.first; ; waitMs = Math.min(2 * waitMs, RETRY_MS.most)) {
      await sleep(waitMs * (0.5 + Math.random() / 2), undefined, { signal: this.#stop.signal });
      try {
        return await this.#resume();
      } catch {
        this.#stop.signal.throwIfAborted(); // it is still away
      }
    }
  }

  async #resume(): Promise<Line> {
    const line = await this.#open();
    try {
      for (const duty of this.#duties) await duty(line);
      return this.#settle(line);
    } catch (error) {
      line.cut();
      throw error;
    }
  }
}
