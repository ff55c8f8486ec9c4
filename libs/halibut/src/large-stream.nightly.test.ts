import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/**
 * Sends 4 GiB through both ends in one process of its own, and prints how much more memory was held meanwhile than before,
 * and how large the process became: pieces that were used lie about until they are collected.
 */
const PROGRAM = `
  const [isPolling, offersMux] = JSON.parse(process.argv[1]);
  const { side, ECHO, zeros } = await import(${JSON.stringify(new URL('./halibut.fixture.ts', import.meta.url).href)});
  const BYTES = 4 * 1024 ** 3;
  const [server, agent] = [await side('server'), await side('agent')];
  const count = {
    contract: ECHO,
    async invoke(_method, [content], { signal }) {
      let bytes = 0;
      for await (const chunk of content.read(signal)) bytes += chunk.length;
      return String(bytes);
    },
  };
  const services = { find: () => count };
  const never = new AbortController().signal;
  let caller;
  if (isPolling) {
    caller = server.subscription('poll://big/');
    const port = await server.listen({ host: '127.0.0.1', port: 0, subscribers: { find: async () => ({ subscription: caller }) } });
    const to = { host: '127.0.0.1', port: port.port, thumbprint: server.identity.thumbprint };
    void agent.poll({ ...to, subscription: 'poll://big/', connections: 1, services, offersMux }, never);
  } else {
    const port = await agent.listen({ host: '127.0.0.1', port: 0, clients: { isTrusted: () => true, services } });
    caller = server.caller({ host: '127.0.0.1', port: port.port, thumbprint: agent.identity.thumbprint });
  }
  const send = (bytes) => caller.call({ service: ECHO, method: 'Hash', params: [zeros(bytes)] }, never);
  await send(64 * 1024 ** 2);
  const held = () => {
    globalThis.gc();
    globalThis.gc(); // what the first one found is freed by another thread, for which the second one waits
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = held();
  let [most, rss] = [0, 0];
  const look = setInterval(() => {
    rss = Math.max(rss, process.memoryUsage().rss);
    most = Math.max(most, held());
  }, 100);
  const answer = await send(BYTES);
  clearInterval(look);
  const MIB = 1024 ** 2;
  console.log(JSON.stringify({ isWhole: answer === String(BYTES), heldMib: (most - before) / MIB, rssMib: rss / MIB }));
  process.exit(0);
`;

test.each([
  ['listening', [false, false]],
  ['polling', [true, false]],
  ['polling, multiplexed', [true, true]],
])(
  '4 GiB beside one call take no more than 8 MiB at both ends together, %s',
  async (_, how) => {
    const args = ['--expose-gc', '--conditions=octo-source', '--input-type=module', '-e', PROGRAM, JSON.stringify(how)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const seen = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
    expect(seen).toMatchObject({ isWhole: true });
    expect(seen['heldMib']).toBeLessThan(8);
    expect(seen['rssMib']).toBeLessThan(320);
  },
  120_000,
);
