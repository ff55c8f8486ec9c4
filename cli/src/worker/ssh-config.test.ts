import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyPrint, sshSettings } from './ssh-config.ts';

const HAS_SSH = spawnSync('ssh', ['-V']).status === 0;
let dir = '';
const config = () => join(dir, 'config');
const key = (name: string) => join(dir, name);

describe.skipIf(!HAS_SSH)('the SSH configuration of whoever types, as ssh reads it', () => {
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'octo-ssh-config-'));
    await mkdir(join(dir, 'conf.d'));
    for (const name of ['a', 'b', 'host']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', name === 'b' ? 'secret' : '', '-C', '', '-f', key(name)]); // prettier-ignore
    const hostKey = execFileSync('ssh-keygen', ['-yf', key('host')], { encoding: 'utf8' }).trim();
    await writeFile(join(dir, 'known'), `[10.0.0.7]:2222 ${hostKey}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', join(dir, 'known')], { stdio: 'ignore' });
    await writeFile(
      join(dir, 'conf.d/web.conf'),
      `Host web-* !web-9
  HostName 10.0.0.7
  Port 2222
  User deploy
  IdentityFile ${key('gone')}
  IdentityFile ${key('b')}
  IdentityFile ${key('a')}
  UserKnownHostsFile ${join(dir, 'known')}
  ProxyJump me@bastion:2200
`,
    );
    await writeFile(
      config(),
      `Include ${join(dir, 'conf.d')}/*.conf
Host far
  ProxyJump one,two
Host through
  ProxyCommand nc %h %p
Host direct
  ProxyCommand none
  ProxyJump none
Host agent
  IdentityAgent /run/agent.sock
Match host matched
  User matched-user
`,
    );
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  test('Include and patterns count; the first key that exists is the one; the known host key is found, though hashed', async () => {
    const print = execFileSync('ssh-keygen', ['-lf', key('host')], { encoding: 'utf8' }).split(' ')[1];
    expect(await sshSettings('web-7', config())).toEqual({
      host: '10.0.0.7',
      port: 2222,
      user: 'deploy',
      keys: [key('b'), key('a')],
      jump: 'me@bastion:2200',
      fingerprint: print,
    });
  });

  test('a pattern that excludes excludes; Match matches; what is not said is as ssh has it', async () => {
    expect(await sshSettings('web-9', config())).toMatchObject({ host: 'web-9', port: 22, user: userInfo().username });
    expect(await sshSettings('matched', config())).toMatchObject({ user: 'matched-user' });
    const direct = await sshSettings('direct', config());
    expect(direct.jump).toBeUndefined();
    expect(await sshSettings('agent', config())).toMatchObject({ agent: '/run/agent.sock' });
  });

  test.each([
    ['far', /several machines \(ProxyJump one,two\)/],
    ['through', /ProxyCommand, which the server does not run/],
  ])('what the server cannot do is refused, and said: %s', async (alias, why) => {
    await expect(sshSettings(alias, config())).rejects.toThrow(why);
  });

  test('a file that is not there, or does not fit, is refused in the words of ssh', async () => {
    await expect(sshSettings('x', join(dir, 'none'))).rejects.toMatchObject({ code: 'OCTO_CLI_SSH_CONFIG' });
    await writeFile(join(dir, 'bad'), 'Host x\n  NoSuchOption yes\n');
    await expect(sshSettings('x', join(dir, 'bad'))).rejects.toThrow(/nosuchoption/i);
  });

  test('an alias is never an option of ssh', async () => {
    expect(await sshSettings('-oProxyCommand=touch /tmp/owned', config()).catch((error: Error) => error.message)).toMatch(/hostname|invalid|cannot be read/i); // prettier-ignore
  });

  test('keys of one name in two folders are told apart, those with a passphrase too', async () => {
    const prints = await Promise.all(['a', 'b', 'host'].map((name) => keyPrint(key(name))));
    expect(new Set(prints).size).toBe(3);
    for (const print of prints) expect(print).toMatch(/^\S{8}$/);
    expect(await keyPrint(join(dir, 'config'))).toBe('');
  });
});
