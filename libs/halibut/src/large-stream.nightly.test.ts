import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/**
 * Sends 4 GiB through both ends in one process of its own, and prints by how much its memory grew over what half a GiB
 * has taken: pieces that were used lie about until they are collected, however many come.
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
  let most = 0;
  const look = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
  await send(512 * 1024 ** 2);
  const before = most;
  const answer = await send(BYTES);
  clearInterval(look);
  console.log(JSON.stringify({ isWhole: answer === String(BYTES), grownMib: (most - before) / 1024 ** 2, mostMib: most / 1024 ** 2 }));
  process.exit(0);
`;

test.each([
  ['listening', [false, false]],
  ['polling', [true, false]],
  ['polling, multiplexed', [true, true]],
])(
  '4 GiB beside one call take a few MiB more than half a GiB does, %s',
  async (_, how) => {
    const args = ['--conditions=octo-source', '--input-type=module', '-e', PROGRAM, JSON.stringify(how)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { isWhole, grownMib, mostMib } = JSON.parse(stdout) as Record<string, unknown>;
  expect(isWhole).toBe(true);
    expect(grownMib).toBeLessThan(24);
    expect(mostMib).toBeLessThan(320);
  },
  120_000,
);
