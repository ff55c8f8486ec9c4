import { parseJoinToken } from '@octo/api';
import { expect, test } from 'vitest';
import { Home } from './setup/octo.ts';
import { install } from './setup/plugins.ts';

const PRINT = 'AB'.repeat(20);
/** A transport that listens for agents, and can ask a machine who it is. */
const PLUGIN = `
import { Comms, definePlugin, defineTransport, TransportError } from '@octo/kernel';
import { createServer } from 'node:net';
import { once } from 'node:events';
/* its own, not of this package */ import { z } from 'zod';
const acme = defineTransport({
  style: 'AcmeListening', word: 'acme', reach: 'anywhere',
  endpoint: z.looseObject({ Uri: z.string(), Thumbprint: z.string(), ProxyId: z.string().nullish() }),
  deps: { comms: Comms },
  create: ({ comms }) => ({
    open: async () => { throw new TransportError('OCTO_TRANSPORT_ACME', 'away', { started: 'no' }); },
    discover: async ({ host, port }) => {
      if (port === 1) throw new TransportError('OCTO_TRANSPORT_ACME', 'connection refused', { started: 'no' });
      return { Uri: 'https://' + host + ':' + port + '/', Thumbprint: '${PRINT}' };
    },
    async serve(inbound, signal) {
      const server = createServer((socket) => socket.end()).listen(comms.listen.port, comms.listen.host);
      await once(server, 'listening');
      inbound.ready({ host: comms.listen.host, port: server.address().port });
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      server.close();
    },
  }),
});
export default definePlugin({ name: 'acme-listening', contract: 1, transports: [acme] });`;

async function open() {
  const home = await Home.open();
  const manifest = { name: 'acme-listening', version: '1.0.0', type: 'module', octo: { contract: 1 } };
  const exports = { '.': './index.js', './package.json': './package.json' };
  await install(home, {
    'acme-listening': { 'package.json': JSON.stringify({ ...manifest, exports }), 'index.js': PLUGIN },
  });
  await home.serve();
  return home;
}

test('a thumbprint that is not named is asked of the machine, and wants to be confirmed', async () => {
  await using home = await open();
  const add = (...args: string[]) => home.run(['worker', 'add', 'acme', 'w', '--pool', 'default-worker-pool', ...args]);
  const asked = await add('--url', 'https://web-1:7777');
  expect(asked).toMatchObject({ code: 2, stdout: '' });
  expect(asked.stderr).toContain(`web-1:7777 shows the thumbprint ${PRINT}, and nobody has confirmed it`);
  expect(asked.stderr).toContain(`--thumbprint ${PRINT}; --accept trusts whatever answers`);
  const refused = await add('--url', 'https://web-1:1', '--accept');
  expect(refused.stderr).toContain('web-1:1 could not be asked who it is: connection refused');
  expect((await home.run(['worker', 'list'])).stdout).not.toContain('Workers-');
  const accepted = await add('--url', 'https://web-1:7777', '--accept', '--json');
  expect(accepted.stderr).toContain(`shows the thumbprint ${PRINT}`);
  expect(JSON.parse(accepted.stdout)).toMatchObject({ endpoint: { Uri: 'https://web-1:7777', Thumbprint: PRINT } });
  const other = 'CD'.repeat(20);
  const polling = ['worker', 'add', 'polling', 'p', '--pool', 'default-worker-pool', '--subscription', 'poll://abc/'];
  const added = await home.run([...polling, '--thumbprint', other, '--json']);
  expect(JSON.parse(added.stdout)).toMatchObject({ endpoint: { Uri: 'poll://abc/', Thumbprint: other } });
});

test('a join token is one line that names all that a machine needs; agents trust the thumbprint of the server', async () => {
  await using home = await open();
  const trusted = (await home.run(['server', 'thumbprint'])).stdout.trim();
  expect(trusted).toMatch(/^[0-9A-F]{40}$/);
  const create = ['worker', 'join-token', 'create', '--pool', 'default-worker-pool'];
  const made = await home.run([
    ...create,
    '--name',
    'rack',
    '--count',
    '2',
    '--server-url',
    'https://octo.example.com',
  ]);
  expect(made.code).toBe(0);
  const [, word = ''] = /^tentacle join (octo-join-[\w-]+)\n$/.exec(made.stdout) ?? [];
  const token = parseJoinToken(word);
  expect(token).toMatchObject({ urls: ['https://octo.example.com'], thumbprint: trusted });
  expect(token.commsPort).toBeGreaterThan(0);
  expect(made.stderr).toContain('JoinTokens-1 "rack" is for 2 machines, until ');
  const body = { Token: token.secret, Name: 'n', CommunicationStyle: 'TentacleActive', SubscriptionId: 'poll://n/' };
  const join = ['api', 'post', '/api/octo/join', '--body', JSON.stringify({ ...body, Thumbprint: PRINT })];
  const joined = await home.run(join);
  expect(JSON.parse(joined.stdout)).toMatchObject({ WorkerName: 'n', ServerThumbprint: trusted });
  const list = await home.run(['worker', 'join-token', 'list']);
  expect(list.stdout).toMatch(/JoinTokens-1 +rack +good .* 1 of 2 +Default Worker Pool/);
  expect((await home.run(['worker', 'join-token', 'remove', 'RACK', '--yes'])).stdout).toContain(
    'Removed JoinTokens-1',
  );
  const warned = await home.run(create);
  expect(warned.stderr).toMatch(/it names http:\/\/127\.0\.0\.1:\d+, which only this machine reaches/);
});

test('without a server the thumbprint is the same, and a join token wants to be told which server', async () => {
  await using home = await Home.open();
  const [first, second] = [
    await home.run(['server', 'thumbprint']),
    await home.run(['server', 'thumbprint', '--json']),
  ];
  expect(JSON.parse(second.stdout)).toEqual({ thumbprint: first.stdout.trim() });
  const create = ['worker', 'join-token', 'create', '--pool', 'default-worker-pool'];
  expect((await home.run(create)).stderr).toContain('[OCTO_JOIN_TOKEN_SERVER]');
  expect((await home.run([...create, '--server-url', 'https://octo'])).stdout).toContain('tentacle join octo-join-');
});
