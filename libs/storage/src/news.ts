/** Wake-ups between processes on one database. Only a hint: whoever misses one finds the change when it looks by itself. */
export interface News {
  /** Something changed that others wait for; call it once it is durable. Returns at once, never fails. */
  tell(topic: string): void;
  /** `wake` is called when another process tells of one of the topics, and for all of them where some may be lost. */
  hear(topics: readonly string[], wake: (topic: string) => void): Promise<void>;
}

/** On a folder there is nobody who could tell: processes look by themselves. */
export const NO_NEWS: News = { tell() {}, hear: async () => {} };
