import { execFileSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromPfx, newIdentity, toPfx } from './certificate.ts';
import { flag, list, value } from './command.ts';
import { readConfig, writeConfig } from './config-xml.ts';
import { masked, parseOptions } from './parse.ts';
import { keyFiles, Protection } from './protect.ts';
import { Settings, withServer } from './settings.ts';
import { webSocketAddress } from './rest/handshake.ts';
import { unitText } from './unit.ts';

let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'octo-tentacle-'))));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the command line (halibut.md 9.1)', () => {
  const options = [value('server', ''), value('publicHostName|h', ''), flag('force|f', ''), list('trust', '')];
  test.each([
    [['--server=https://x:1/']],
    [['--server', 'https://x:1/']],
    [['-server=https://x:1/']],
    [['/server:https://x:1/']],
    [['--SERVER', 'https://x:1/']],
  ])('%j gives the same', (args) => expect(parseOptions(args, options).get('server')).toBe('https://x:1/'));

  test('short names, switches, repeated ones, and values that look like options', () => {
    const values = parseOptions(['-h', 'web-1', '-f', '--trust=a', '--trust', '--b', '--server='], options);
    expect([values.get('publicHostName'), values.has('force'), values.all('trust'), values.get('server')]).toEqual(['web-1', true, ['a', '--b'], '']); // prettier-ignore
    expect(values.text('server')).toBeUndefined();
  });

  test('whatever is not known is named in one line, before anything is done', () => {
    expect(() => parseOptions(['--frob=1', 'surplus', '/etc/x', '--force'], options)).toThrow(
      'Unrecognized command line arguments: --frob=1 surplus /etc/x',
    );
    expect(() => parseOptions(['--server'], options)).toThrow("Missing required value for option '--server'");
  });

  test('secrets are stars in the log, in every form of an option', () => {
    const line = masked([
      'register-worker',
      '--apiKey=API-1',
      '--password',
      'p1',
      '/bearerToken:t1',
      '-p=p2',
      '--name',
      'n',
    ]);
    expect(line).toBe(
      'register-worker --apiKey=******** --password ******** /bearerToken:******** -p=******** --name n',
    );
  });
});

describe('the configuration file (halibut.md 7.9)', () => {
  const settings = new Map([
    ['Tentacle.Services.PortNumber', '10933'],
    ['Octopus.Home', '/etc/octopus/Tentacle'],
    ['Tentacle.Services.ListenIP', ''],
    ['Odd', `a & b < "c"\nd`],
  ]);
  test('has its form to the letter, and is read as it was written', () => {
    const text = writeConfig(settings);
    expect(text.startsWith('\uFEFF<?xml version="1.0" encoding="utf-8"?>\n<octopus-settings xmlns:xsi=')).toBe(true);
    expect(text).toContain('  <set key="Octopus.Home">/etc/octopus/Tentacle</set>\n');
    expect(text).toContain('  <set key="Tentacle.Services.ListenIP" />\n');
    expect(text.endsWith('</octopus-settings>')).toBe(true);
    expect(readConfig(text)).toEqual(settings);
    expect(() => readConfig('<html>')).toThrow('octopus-settings');
  });

  test('what is protected is AES under the id of the machine, so that the real program can read it', () => {
    const id = '0123456789abcdef0123456789abcdef';
    writeFileSync(join(dir, 'machine-id'), `${id}\n`);
    const cipher = createCipheriv('aes-256-cbc', Buffer.from(id, 'ascii'), Buffer.from('743677397A244326', 'ascii'));
    const known = Buffer.concat([cipher.update('secret'), cipher.final()]).toString('base64');
    const protection = new Protection({ machineId: join(dir, 'machine-id'), machineKey: join(dir, 'none') });
    expect([protection.encrypt('secret'), protection.decrypt(known)]).toEqual([known, 'secret']);
  });

  test('without such an id a key is made once, and another machine cannot read', () => {
    const made = () => new Protection({ machineId: join(dir, 'no-id'), machineKey: join(dir, 'key/machinekey') });
    const text = made().encrypt('secret');
    expect(made().decrypt(text)).toBe('secret');
    const other = new Protection({ machineId: join(dir, 'no-id'), machineKey: join(dir, 'other/machinekey') });
    expect(() => other.decrypt(text)).toThrow('another machine');
  });

  test('keeps certificate, trust and proxy, and variables replace them only when they may', async () => {
    const config = join(dir, 'a.config');
    writeFileSync(config, writeConfig(new Map()));
    const env: Record<string, string> = { TENTACLE_SERVICE_PORT: '1' };
    const open = () => Settings.open({ instance: undefined, config }, { env, cwd: dir }, new Protection({ machineId: join(dir, 'no-id'), machineKey: join(dir, 'key/machinekey') })); // prettier-ignore
    const settings = open();
    const identity = await newIdentity(Date.now());
    await settings.setCertificate(identity);
    const server = {
      thumbprint: 'AB',
      style: 'TentacleActive',
      address: 'https://o:10943',
      subscriptionId: 'poll://x/',
    } as const;
    settings.setTrustedServers(withServer(withServer([], server), { ...server, thumbprint: 'ab' }));
    settings.setProxy('polling', { useDefault: false, host: 'p', port: 3128, username: 'u', password: 'pw' });
    settings.save();
    expect(readFileSync(config, 'utf8')).not.toContain('pw<');
    const again = open();
    expect(await again.certificate()).toEqual(identity);
    expect(again.trustedServers).toEqual([{ ...server, thumbprint: 'ab' }]);
    expect(again.get('Tentacle.Communication.TrustedOctopusServers')).toContain('"CommunicationStyle":2,');
    expect(again.proxy('polling')).toMatchObject({ host: 'p', port: 3128, password: 'pw' });
    expect(again.port).toBe(10_933);
    env['OCTOPUS_CONTRIBUTE_ENV_SETTINGS'] = 'True';
    expect(open().port).toBe(1);
  });
});

describe('certificates as files', () => {
  test('ours is read by openssl, and openssl’s by us, with a password', async () => {
    const identity = await newIdentity(Date.now());
    writeFileSync(join(dir, 'ours.pfx'), await toPfx(identity, 'pw'));
    const shown = execFileSync('openssl', ['pkcs12', '-in', join(dir, 'ours.pfx'), '-passin', 'pass:pw', '-nodes'], {
      encoding: 'utf8',
    });
    expect(shown).toContain('BEGIN PRIVATE KEY');
    writeFileSync(join(dir, 'c.pem'), identity.certificatePem);
    writeFileSync(join(dir, 'k.pem'), identity.privateKeyPem);
    execFileSync('openssl', ['pkcs12', '-export', '-in', join(dir, 'c.pem'), '-inkey', join(dir, 'k.pem'), '-out', join(dir, 'theirs.pfx'), '-passout', 'pass:pw']); // prettier-ignore
    expect(await fromPfx(readFileSync(join(dir, 'theirs.pfx')), 'pw')).toEqual(identity);
    await expect(fromPfx(readFileSync(join(dir, 'theirs.pfx')), 'wrong')).rejects.toThrow(/password|MAC/i);
  });
});

test.each([null, ''])(
  'a file without a password is read, whether it was made with none (.NET) or an empty one (OpenSSL): %j',
  async (password) => {
    const identity = await newIdentity(Date.now());
    const { default: forge } = await import('node-forge');
    const key = forge.pki.privateKeyFromPem(identity.privateKeyPem);
    const certificate = forge.pki.certificateFromPem(identity.certificatePem);
    for (const algorithm of ['3des', 'aes256'] as const) {
      const asn1 = forge.pkcs12.toPkcs12Asn1(key, [certificate], password, { algorithm });
      const bytes = Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'binary');
      expect((await fromPfx(bytes)).thumbprint).toBe(identity.thumbprint);
    }
    expect((await fromPfx(await toPfx(identity))).thumbprint).toBe(identity.thumbprint);
  },
);

test('without an id of the machine, the key lies with the instances, and a certificate is read by it again', () => {
  const { machineKey } = keyFiles(dir);
  const files = { machineId: join(dir, 'no-machine-id'), machineKey: machineKey.startsWith(dir) ? machineKey : join(dir, 'machinekey') }; // prettier-ignore
  const text = new Protection(files).encrypt('secret');
  expect(new Protection(files).decrypt(text)).toBe('secret');
  expect(readFileSync(files.machineKey, 'utf8')).toMatch(/^[\w+/]{43}=\.[\w+/]{22}==$/);
});

test('the unit for systemd starts the instance, and leaves scripts alone when it is stopped', () => {
  const text = unitText({ instance: 'My One', program: ['/usr/bin/node', '/opt/octo tentacle.js'], user: 'octo' });
  expect(text).toContain('ExecStart=/usr/bin/node "/opt/octo tentacle.js" run "--instance=My One" --noninteractive\n');
  for (const line of ['Type=simple', 'User=octo', 'Restart=always', 'After=network.target', 'KillMode=process'])
    expect(text.split('\n')).toContain(line);
});

test('the address of a WebSocket is one, also when it was written as https', () => {
  expect(webSocketAddress('https://octo/octo/polling')).toBe('wss://octo/octo/polling');
  expect(webSocketAddress('wss://octo')).toBe('wss://octo');
  for (const text of ['octo', 'poll://x', '']) expect(() => webSocketAddress(text)).toThrow('wss://');
});
