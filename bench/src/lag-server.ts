// A server in a process of its own that can tell how long its event loop was kept. Speaks over the IPC channel.
import { startServer } from '@octo/server';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const [dataDir = '.', taskCap = '5'] = process.argv.slice(2);
const stop = new AbortController();
const server = await startServer(
  { dataDir, port: 0, commsPort: 0, taskCap: Number(taskCap), logLevel: 'error' },
  stop.signal,
);
const lag = monitorEventLoopDelay({ resolution: 5 });
lag.enable();

process.on('message', (ask) => {
  if (ask === 'begin') lag.reset();
  if (ask === 'lag') process.send?.({ p99Ms: lag.percentile(99) / 1e6, rssMib: process.memoryUsage.rss() / 2 ** 20 });
  if (ask === 'stop') stop.abort();
});
process.send?.({ url: server.url });
await server.closed;
process.disconnect();
