import { makeKey, SSHD, SshServer } from '@octo/testkit/ssh';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Home, kill, type Result } from './setup/octo.ts';

interface Event {
  readonly category: string;
  readonly changeDetails: { readonly differences: readonly { readonly path: string }[] };
}

describe.skipIf(SSHD === undefined)('workers behind OpenSSH', () => {
  const open = async () => {
    const home = await Home.open();
    const server = await SshServer.start();
    const config = join(home.dir, 'ssh_config');
    const known = join(home.dir, 'known_hosts');
    const hostKey = readFileSync(join(server.dir, 'host_ed25519.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    await writeFile(known, `[127.0.0.1]:${server.port} ${hostKey}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', known], { stdio: 'ignore' }); // hashed, as Debian keeps it
    mkdirSync(join(home.dir, 'second'));
    makeKey(join(home.dir, 'second/user'), 'ed25519');
    await server.allow(readFileSync(join(home.dir, 'second/user.pub'), 'utf8'));
    const common = `HostName 127.0.0.1\n  Port ${server.port}\n  User ${server.username}\n  UserKnownHostsFile ${known}`;
    const inner = `Host inner\n  ${common}\n  IdentityFile ${join(home.dir, 'second/user')}\n  ProxyJump web-1\n`;
    await writeFile(config, `${inner}Host web-*\n  HostName 127.0.0.1\n  Port ${server.port}\n  User ${server.username}\n  IdentityFile ${join(server.dir, 'user')}\n  UserKnownHostsFile ${known}\n`); // prettier-ignore
    const octo = async (...args: string[]): Promise<Result> => {
      const result = await home.run(args);
      expect({ args, ...result }).toMatchObject({ code: 0 });
      return result;
    };
    const end = async () => {
      await home[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    };
    return { home, server, config, octo, [Symbol.asyncDispose]: end };
  };

  test('one is added from the SSH configuration, is healthy, and runs scripts; a changed host key stops it until it is accepted (I15)', async () => {
    await using it = await open();
    const { home, octo, server, config } = it;
    await home.serve();
    await octo('pool', 'add', 'linux');
    const folder = `${server.home}/octo`;
    const added = await octo('worker', 'add', 'ssh', 'web-7', '--from-ssh-config', '--ssh-config', config, '--folder', folder, '--pool', 'linux', '--wait'); // prettier-ignore
    expect(added.stderr).toMatch(new RegExp(`account "ssh ${server.username} user \\S{8}" was added`));
    expect(added.stdout).toMatch(/web-7 is Healthy/);
    const ran = await octo('run', 'echo "on $(pwd)"; exit 0', '--pool', 'linux');
    expect(ran.stdout).toContain(`on ${folder}/w/`);

    const first = server.fingerprint();
    await server.replaceHostKey();
    await sleep(1_600); // the connection is known to be gone
    const accept = `octo worker edit web-7 --fingerprint ${server.fingerprint()}`; // as it is pasted
    const refused = await home.run(['run', 'echo again', '--pool', 'linux']);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr + refused.stdout).toContain('shows another host key than the accepted');
    expect(refused.stderr + refused.stdout).toContain(accept);
    const checked = await home.run(['worker', 'check', 'web-7', '--wait']);
    expect(checked).toMatchObject({ code: 1, stdout: expect.stringMatching(/web-7 +Unhealthy .*OCTO_TRANSPORT_SSH_HOST_KEY/) as string }); // prettier-ignore
    expect(checked.stdout).toContain(accept);
    expect((await octo('worker', 'show', 'web-7')).stdout).toContain(accept);
    expect((await octo('worker', 'list')).stdout).toContain(accept);
    await octo(...accept.split(' ').slice(1));
    await octo('worker', 'check', 'web-7', '--wait');
    expect((await octo('run', 'echo again', '--pool', 'linux')).stdout).toContain('again');
    const events = JSON.parse((await octo('event', 'list', '--json')).stdout) as readonly Event[];
    const changes = events.filter((it) => it.category === 'Modified').flatMap((it) => it.changeDetails.differences);
    const isAccepted = { before: { Fingerprint: first }, after: { Fingerprint: server.fingerprint() } };
    expect(changes.find((it) => it.path === '/Endpoint')).toMatchObject(isAccepted);
    expect(events.map((it) => it.category)).toContain('MachineUnhealthy');
  });

  test('a machine behind another one comes from the SSH configuration; keys of one name are two accounts', async () => {
    await using it = await open();
    const { home, octo, server, config } = it;
    await home.serve();
    await octo('pool', 'add', 'linux');
    const more = ['--from-ssh-config', '--ssh-config', config, '--folder', `${server.home}/octo`, '--pool', 'linux', '--wait']; // prettier-ignore
    await octo('worker', 'add', 'ssh', 'inner', ...more);
    await octo('worker', 'add', 'ssh', 'web-1', ...more); // the account is that of the jump, and there already
    const shown = await octo('worker', 'show', 'inner');
    expect(shown.stdout).toMatch(/JumpHost +127\.0\.0\.1/);
    const named = /AccountId +(ssh \S+ user \S{8}) \(Accounts-\d+\)/;
    const [, own = ''] = named.exec(shown.stdout.replace(/Jump\S+.*/g, '')) ?? [];
    const [, jump = ''] = /JumpAccountId +(ssh \S+ user \S{8}) /.exec(shown.stdout) ?? [];
    expect(own).not.toBe(jump);
    expect((await octo('worker', 'show', 'web-1')).stdout).toContain(jump);
    const accounts = JSON.parse((await octo('account', 'list', '--json')).stdout) as readonly { name: string }[];
    expect(accounts.map((one) => one.name).sort()).toEqual([own, jump].sort());
  });

  test('a server that is killed in the middle finds the script on the machine again: no line lost, no second start', async () => {
    await using it = await open();
    const { home, octo, server } = it;
    const first = await home.serve();
    await octo('pool', 'add', 'linux');
    await octo(
      'account',
      'add',
      'ssh-key',
      'me',
      '--username',
      server.username,
      '--private-key-file',
      join(server.dir, 'user'),
    );
    const at = ['--host', '127.0.0.1', '--port', String(server.port), '--fingerprint', server.fingerprint(), '--folder', `${server.home}/octo`]; // prettier-ignore
    await octo('worker', 'add', 'ssh', 'b1', ...at, '--account', 'me', '--pool', 'linux', '--wait');
    const witness = join(home.dir, 'witness');
    const body = `echo ran >> '${witness}'; for n in $(seq 1 40); do echo "line $n"; sleep 0.1; done; exit 3`;
    const { id } = JSON.parse((await octo('run', body, '--pool', 'linux', '--no-follow', '--json')).stdout) as {
      id: string;
    };
    await expect.poll(() => readFileSync(witness, 'utf8'), { timeout: 10_000 }).toBe('ran\n');
    await sleep(500);
    await kill(first.child);
    await home.serve();
    const log = await home.run(['task', 'log', id, '--follow']);
    const lines = log.stdout.match(/line \d+/g) ?? [];
    expect(lines).toEqual(Array.from({ length: 40 }, (_, n) => `line ${n + 1}`));
    expect(readFileSync(witness, 'utf8')).toBe('ran\n');
  });
});
