import { bash, benchServer } from './src/server.ts';
await using server = await benchServer(5);
const { api } = server;
const limit = AbortSignal.timeout(60000);
for (let i = 0; i < 15; i++) {
  const t0 = performance.now();
  const { id } = await api.run(bash('echo hi'), limit);
  const t1 = performance.now();
  const out: string[] = [];
  for (let after = 0; ; ) {
    const page = await api.log(id, { after, waitMs: 5000 }, limit);
    out.push(`${(performance.now() - t0).toFixed(1)}:${page.lines.map((l) => l.text.slice(0, 12)).join('|')}`);
    if (page.isEnd) break;
    after = page.next;
  }
  console.log((t1 - t0).toFixed(1), out.join('  '));
}
