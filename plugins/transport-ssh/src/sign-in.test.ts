import { type Account, Secret } from '@octo/kernel';
import { ConnectProxy } from '@octo/testkit/faults';
import { makeKey, SSHD, SshServer } from '@octo/testkit/ssh';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2'; // CommonJS
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SshEndpoint } from './endpoint.ts';
import { keyAccount, newTransport, openingTo, type SshTransport } from './ssh.fixture.ts';

const limit = () => AbortSignal.timeout(15_000);

describe.skipIf(SSHD === undefined)('signing in to OpenSSH', () => {
  let server: SshServer;
  let transport: SshTransport;
  beforeAll(async () => {
    server = await SshServer.start({ hostKeys: ['ed25519', 'ecdsa', 'rsa'] });
    transport = newTransport();
  });
  afterAll(async () => {
    await transport[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const agentOf = async (account: Account, endpoint: Partial<SshEndpoint> = {}) => {
    const opening = openingTo(server, { AccountId: 'Accounts-2', ...endpoint }, { 'Accounts-2': account });
    await using session = await transport.open({ ...opening, limits: { ...opening.limits, retryTimeLimitMs: 100 } }, limit()); // prettier-ignore
    return (await session.capabilities(limit())).agent;
  };

  test.each([
    ['ed25519', ''],
    ['ed25519', 'open sesame'],
    ['ecdsa', ''],
    ['rsa', 'open sesame'],
  ] as const)('a key pair of kind %s with passphrase "%s" signs in (R139)', async (kind, passphrase) => {
    const file = join(server.dir, `key_${kind}_${passphrase.length}`);
    makeKey(file, kind, passphrase);
    await server.allow(await readFile(`${file}.pub`, 'utf8'));
    const key = Buffer.from(await readFile(file)).toString('base64');
    const account = keyAccount(server, { PrivateKeyFile: key, PrivateKeyPassphrase: passphrase });
    expect(await agentOf(account)).toMatch(/^OpenSSH \d/);
    if (passphrase === '') return;
    const wrong = keyAccount(server, { PrivateKeyFile: key, PrivateKeyPassphrase: 'guessed' });
    await expect(agentOf(wrong)).rejects.toMatchObject({ code: 'OCTO_SSH_KEY' });
  });

  test('a key that is not let in is a refusal that says who was asked, and is not tried again', async () => {
    const file = join(server.dir, 'stranger');
    makeKey(file, 'ed25519');
    const stranger = keyAccount(server, { PrivateKeyFile: await readFile(file, 'utf8') });
    await expect(agentOf(stranger)).rejects.toMatchObject({
      code: 'OCTO_TRANSPORT_SSH_SIGN_IN',
      started: 'no',
      message: expect.stringContaining(`does not let ${server.username} in`) as string,
    });
  });

  test('an ssh-agent signs in, with a key that nobody else has', async () => {
    const socket = join(server.dir, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(agent.stdout, 'data');
      execFileSync('ssh-add', ['-q', join(server.dir, 'user')], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
      const fields = { Username: server.username, AgentSocket: socket };
      expect(await agentOf({ id: 'Accounts-2', type: 'SshAgent', fields, secrets: {} })).toMatch(/^OpenSSH/);
    } finally {
      agent.kill();
    }
  });

  test('an account of another type is refused before anybody is called', async () => {
    const token: Account = { id: 'Accounts-2', type: 'Token', fields: {}, secrets: {} };
    await expect(agentOf(token)).rejects.toMatchObject({ code: 'OCTO_SSH_ACCOUNT' });
  });

  test.each([
    ['ed25519', 'sha256'],
    ['ed25519', 'md5'],
    ['ecdsa', 'sha256'],
    ['rsa', 'md5'],
  ] as const)(
    'a fingerprint of the %s key, as %s, is known again, whichever is shown first (R139)',
    async (kind, hash) => {
      const shown = server.fingerprint(kind, hash);
      const bare = shown.replace(/^MD5:/, '');
      const ways = hash === 'md5' ? [shown, bare, bare.toUpperCase(), bare.replaceAll(':', '')] : [shown, `${shown}=`];
      for (const text of ways) expect(await agentOf(keyAccount(server), { Fingerprint: text })).toMatch(/^OpenSSH/);
    },
  );

  test('without a fingerprint nothing is sent, and the one to compare is shown in both forms (R140, I15)', async () => {
    const shown = agentOf(keyAccount(server), { Fingerprint: null });
    await expect(shown).rejects.toMatchObject({
      code: 'OCTO_TRANSPORT_SSH_HOST_KEY',
      message: expect.stringContaining(server.fingerprint('ed25519', 'sha256')) as string,
      hint: expect.stringContaining(`octo worker edit NAME --fingerprint ${server.fingerprint()}`) as string,
    });
    await expect(shown).rejects.toThrow(server.fingerprint('ed25519', 'md5').replace('MD5:', ''));
  });

  test('what answers somewhere is found out before it is trusted', async () => {
    const found = await transport.discover?.({ host: '127.0.0.1', port: server.port }, limit());
    expect(found).toMatchObject({ Host: '127.0.0.1', Port: server.port, Fingerprint: server.fingerprint() });
  });

  test('another host key than the accepted one stops, says both, and how to accept it (R140, I15)', async () => {
    await using other = await SshServer.start();
    const opening = openingTo(other, { Fingerprint: server.fingerprint() });
    await expect(transport.open(opening, limit())).rejects.toMatchObject({
      code: 'OCTO_TRANSPORT_SSH_HOST_KEY',
      started: 'no',
      message: expect.stringMatching(
        /shows another host key than the accepted SHA256:.*: ssh-ed25519 SHA256:/,
      ) as string,
      hint: expect.stringContaining(`--fingerprint ${other.fingerprint()}`) as string,
    });
    expect(await other.log()).not.toContain('Accepted publickey');
  });

  test('a machine behind another one is reached through it; both host keys are checked (ProxyJump)', async () => {
    await using inner = await SshServer.start();
    const jump = { JumpHost: '127.0.0.1', JumpPort: server.port, JumpAccountId: 'Accounts-2' };
    const accounts = { 'Accounts-2': keyAccount(server) };
    const opening = (fingerprint: string) => openingTo(inner, { ...jump, JumpFingerprint: fingerprint }, accounts);
    await using session = await transport.open(opening(server.fingerprint()), limit());
    expect((await session.capabilities(limit())).agent).toMatch(/^OpenSSH/);
    const strange = transport.open(opening(inner.fingerprint()), limit());
    await expect(strange).rejects.toMatchObject({
      code: 'OCTO_TRANSPORT_SSH_HOST_KEY',
      hint: expect.stringContaining('--jump-fingerprint') as string,
    });
  });

  test('an HTTP proxy leads there (R135)', async () => {
    await using proxy = await ConnectProxy.listen();
    const opening = openingTo(server, { ProxyId: 'Proxies-1' });
    const at = { id: 'Proxies-1', host: '127.0.0.1', port: proxy.port };
    await using session = await transport.open({ ...opening, proxy: async () => at }, limit());
    expect((await session.capabilities(limit())).shells).toEqual(['bash']);
    expect(proxy.requests).toHaveLength(1);
  });

  test('a SOCKS proxy leads there: that of an SSH server, as ssh -D makes it', async () => {
    await using other = await SshServer.start();
    const port = other.port + 1 > 65_000 ? other.port - 1 : other.port + 1;
    const options = ['-o', 'StrictHostKeyChecking=no', '-o', `UserKnownHostsFile=${join(other.dir, 'known')}`];
    const args = ['-N', '-D', `127.0.0.1:${port}`, '-i', join(other.dir, 'user'), '-p', String(other.port), ...options, '127.0.0.1']; // prettier-ignore
    const tunnel = spawn('ssh', args, { stdio: 'ignore' });
    try {
      const opening = openingTo(server, { ProxyId: 'Proxies-1' });
      const at = { id: 'Proxies-1', kind: 'socks5' as const, host: '127.0.0.1', port };
      const limits = { ...opening.limits, retryAttempts: 50, retrySleepMs: 100, retryTimeLimitMs: 10_000 }; // it is just starting
      await using session = await transport.open({ ...opening, limits, proxy: async () => at }, limit());
      expect((await session.capabilities(limit())).agent).toMatch(/^OpenSSH/);
    } finally {
      tunnel.kill();
    }
  });
});

test('a password signs in, also where the server asks for it in a dialogue (the server is that of ssh2)', async () => {
  for (const way of ['password', 'keyboard-interactive'] as const) {
    const heard: string[] = [];
    const hostKey = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).private; // one in 256 of its Ed25519 ones is malformed
    const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
      client.on('authentication', (context) => {
        const isRight = context.username === 'deploy';
        if (context.method === 'password' && way === 'password') {
          heard.push(context.password);
          return isRight ? context.accept() : context.reject();
        }
        if (context.method === 'keyboard-interactive' && way === 'keyboard-interactive')
          return context.prompt([{ prompt: 'Password: ', echo: false }], (answers) => {
            heard.push(...answers);
            context.accept();
          });
        context.reject([way]);
      });
      client.on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await using transport = newTransport();
    const { port } = server.address() as { port: number };
    const { Fingerprint = '' } = ((await transport.discover?.({ host: '127.0.0.1', port }, limit())) ?? {}) as { Fingerprint?: string }; // prettier-ignore
    const fields = { Username: 'deploy' };
    const account: Account = { id: 'Accounts-1', type: 'UsernamePassword', fields, secrets: { Password: new Secret('pass word') } }; // prettier-ignore
    const fake = { port, username: 'deploy', privateKey: '', home: '/tmp', fingerprint: () => Fingerprint };
    const opening = openingTo(fake as unknown as SshServer, {}, { 'Accounts-1': account }); // of a server only these are read
    const limits = { ...opening.limits, retryTimeLimitMs: 100 };
    await expect(transport.open({ ...opening, limits }, limit())).rejects.toThrow(/127\.0\.0\.1/); // it opens no sessions
    expect(heard).toContain('pass word');
    server.close();
  }
});
