import { Worker } from 'node:worker_threads';

/** A thread of its own: a plugin that never gives the main one back cannot stop it. */
const WATCH = `
  const { ppid } = require('node:worker_threads').workerData;
  setInterval(() => {
    if (process.ppid !== ppid) process.kill(-process.pid, 'SIGKILL');
  }, 250);
`;

/**
 * End this process and what it started when its parent is gone: nobody waits any more, nobody else would end a plugin
 * that hangs. Only for the leader of a process group.
 */
export function endWithParent(): void {
  new Worker(WATCH, { eval: true, workerData: { ppid: process.ppid } }).unref();
}
