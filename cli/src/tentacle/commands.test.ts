import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Machine } from './commands.fixture.ts';

const THUMBPRINT = 'AB'.repeat(20);

describe('help and version (halibut.md 9.1)', () => {
  test.each([
    [[], 2, 'Usage: tentacle <command>', ''],
    [['--nologo'], 2, 'Usage: tentacle <command>', ''],
    [['--help', '--format=json'], 0, '"Commands"', ''],
    [['help', '--format', 'json'], 0, '"Commands"', ''],
    [['help', 'version'], 0, 'Usage: tentacle version', ''],
    [['version', '--help'], 0, 'Usage: tentacle version', ''],
    [['configure', 'surplus', '/help'], 0, 'Usage: tentacle configure', ''],
    [['run', '--help', '--format=json'], 0, '"CommonOptions"', ''],
    [['help', 'frobnicate'], 0, "See 'tentacle help'", "Command 'frobnicate' is not supported\n"],
    [['--noconsolelogging', 'version'], 0, '0.', ''],
    [['-version'], 0, '0.', ''],
    [['--frob'], 2, "See 'tentacle help'", "Command '--frob' is not supported\n"],
    [['help', '--format=xml'], 1, '', "The format 'xml' is not supported. Try text or json.\n"],
    [['watchdog', '--create', '--interval', '5'], 1, '', 'watchdog is only supported on Windows'],
    [['register-k8s-worker', '--whatever', '1'], 1, '', 'Kubernetes'],
  ])('%j ends with %d', async (args, code, stdout, stderr) => {
    using machine = new Machine();
    const ran = await machine.run(...args);
    expect(ran.code).toBe(code);
    expect(ran.stdout).toContain(stdout);
    expect(ran.stderr).toContain(stderr);
  });
});

describe('instances (halibut.md 7.10)', () => {
  test('without --config the file is Tentacle.config in this folder, and the home is that folder', async () => {
    using machine = new Machine();
    const { stdout } = await machine.run('create-instance', '--instance', 'Web 1');
    expect(stdout).toContain(`Creating empty configuration file: ${join(machine.dir, 'Tentacle.config')}`);
    expect(machine.text('Tentacle.config')).toContain('<set key="Octopus.Home">.</set>');
    expect(JSON.parse(machine.text('machine/Tentacle/Instances/web-1.config'))).toEqual({
      Name: 'Web 1',
      ConfigurationFilePath: join(machine.dir, 'Tentacle.config'),
    });
    expect((await machine.run('create-instance', '--instance', 'Web 2')).stdout).toContain('Web 1 has the same');
  });

  test('a configuration that is gone says how the instance is got rid of', async () => {
    using machine = new Machine();
    machine.env['TentacleMachineConfigurationHomeDirectory'] = join(machine.dir, 'm');
    mkdirSync(join(machine.dir, 'm/Tentacle/Instances'), { recursive: true });
    writeFileSync(
      join(machine.dir, 'm/Tentacle/Instances/x.config'),
      '{"Name":"x","ConfigurationFilePath":"/nowhere/x"}',
    );
    const { code, stderr } = await machine.run('delete-instance', '--instance', 'X');
    expect([code, stderr]).toEqual([1, expect.stringContaining('Create the instance again')]);
  });
});

describe('certificates (halibut.md 9.2)', () => {
  test('the thumbprint of a new one stands alone on its line; exports leave the configuration as it is', async () => {
    using machine = new Machine();
    await machine.run('create-instance');
    const made = await machine.run('new-certificate', '--if-blank');
    const [, thumbprint] = made.stdout.split('\n');
    expect(thumbprint).toMatch(/^[0-9A-F]{40}$/);
    expect((await machine.run('show-thumbprint')).stdout).toBe(thumbprint);
    expect((await machine.run('new-certificate', '-e', 'exported')).code).toBe(0);
    expect(machine.text('exported')).toMatch(/^\uFEFF[\w+/=]+$/);
    expect((await machine.run('show-thumbprint', '-e', 'told')).stdout).toBe('');
    expect(machine.text('told')).toBe(thumbprint);
    for (const more of [['--export-pfx', 'b'], ['--if-blank']])
      expect((await machine.run('new-certificate', '--export-file', 'a', ...more)).code).toBe(1);
    expect(existsSync(join(machine.dir, 'a'))).toBe(false);
  });

  test('without one there is nothing to show', async () => {
    using machine = new Machine();
    await machine.run('create-instance');
    expect(await machine.run('show-thumbprint')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await machine.run('show-thumbprint', '--format=json')).stdout).toBe('{"Thumbprint":null}');
  });

  test('a certificate of a variable is the one that is shown (7.9)', async () => {
    using machine = new Machine();
    await machine.run('create-instance');
    await machine.run('new-certificate');
    const told = (await machine.run('new-certificate', '--export-file', 'other')).stdout.split('\n')[1];
    machine.env['OCTOPUS_CONTRIBUTE_ENV_SETTINGS'] = 'True';
    machine.env['TENTACLE_CERTIFICATE'] = machine.text('other');
    expect((await machine.run('show-thumbprint')).stdout).toBe(told);
  });
});

describe('configure (halibut.md 9.2)', () => {
  test('folders are seen from where it runs, and are made', async () => {
    using machine = new Machine();
    await machine.run('create-instance', '--config', join(machine.dir, 'etc/t.config'));
    const told = await machine.run('configure', '--app', 'apps', '--homedir=home');
    expect(told).toMatchObject({ code: 0, stdout: expect.stringContaining('require a restart') as string });
    for (const name of ['apps', 'home']) {
      expect(machine.text('etc/t.config')).toContain(`>${join(machine.dir, name)}<`);
      expect(existsSync(join(machine.dir, name))).toBe(true);
    }
  });

  test('a folder that cannot be made here is said, and kept: the agent may run as somebody else', async () => {
    using machine = new Machine();
    await machine.run('create-instance');
    writeFileSync(join(machine.dir, 'file'), '');
    const { code, stdout } = await machine.run('configure', '--app', 'file/apps');
    expect([code, stdout]).toEqual([0, expect.stringContaining('could not be made (ENOTDIR)')]);
  });

  test('nothing named, nothing changed, and no restart is asked for', async () => {
    using machine = new Machine();
    await machine.run('create-instance');
    expect((await machine.run('configure')).stdout).not.toContain('restart');
  });
});

describe('server-comms (halibut.md 8.5, 9.2)', () => {
  async function trusting(): Promise<Machine> {
    const machine = new Machine();
    await machine.run('create-instance');
    await machine.run('configure', '--trust', THUMBPRINT);
    return machine;
  }

  test('each node is polled beside the others, under one subscription; the entry of the calling server stays', async () => {
    using machine = await trusting();
    for (const host of ['one', 'two', 'one'])
      expect((await machine.run('server-comms', '--style', 'tentacleactive', '--host', host)).code).toBe(0);
    const [passive, one, two, ...more] = await machine.trusted();
    expect([passive, one?.slice(0, 2), two?.slice(0, 2), more]).toEqual([
      [1, null, null],
      [2, 'https://one:10943'],
      [2, 'https://two:10943'],
      [],
    ]);
    expect(one?.[2]).toMatch(/^poll:\/\/[b-z2-9]{20}\/$/);
    expect(two?.[2]).toBe(one?.[2]);
  });

  test.each([
    [['--style=TentacleActive', '--host=h', '--thumbprint=00'], 1, 'is not trusted'],
    [['--host=h'], 1, 'valid communications style'],
    [['--style=TentacleActive'], 1, '--host=NAME'],
    [['--style=TentacleActive', '--host=h', '--web-socket=wss://h'], 1, 'not by both'],
    [['--style=TentacleActive', '--host=h', '--port=x'], 100, 'no whole number'],
  ])('%j ends with %d', async (args, code, text) => {
    using machine = await trusting();
    const ran = await machine.run('server-comms', ...args);
    expect([ran.code, ran.stderr]).toEqual([code, expect.stringContaining(text)]);
  });

  test('trust comes before everything else', async () => {
    using machine = new Machine();
    await machine.run('create-instance');
    expect((await machine.run('server-comms', '--style=nonsense')).stderr).toContain('No server is trusted yet');
  });

  test('clear-trusted-servers keeps by address, also by the one that was registered with http', async () => {
    using machine = await trusting();
    for (const host of ['one', 'two']) await machine.run('server-comms', '--style=TentacleActive', '--host', host);
    await machine.run('clear-trusted-servers', '--keep', 'http://TWO:10943/,https://three');
    expect((await machine.trusted()).map(([, address]) => address)).toEqual(['https://two:10943']);
  });
});

describe('proxies (halibut.md 7.9, 9.2)', () => {
  test.each([
    [['--proxyEnable=true', '--proxyHost=http://proxy.corp:1/x', '--proxyPort='], 'proxy.corp', '80', 'false'],
    [['--proxyHost', 'p', '--proxyPort', '8080'], 'p', '8080', 'false'],
    [['--proxyEnable=True'], '', '80', 'true'],
    [['--proxyEnable=False', '--proxyHost=p'], '', '80', 'false'],
  ])('%j', async (args, host, port, useDefault) => {
    using machine = new Machine();
    await machine.run('create-instance');
    expect((await machine.run('polling-proxy', ...args)).code).toBe(0);
    const config = machine.text('Tentacle.config');
    expect(config).toContain(host === '' ? 'ProxyHost" />' : `ProxyHost">${host}<`);
    expect(config).toContain(`ProxyPort">${port}<`);
    expect(config).toContain(`UseDefaultProxy">${useDefault}<`);
  });
});

test.each([
  [['--max-age=0'], 'positive number'],
  [[], 'has not been started'],
])('livez %j says why (R151)', async (args, text) => {
  using machine = new Machine();
  await machine.run('create-instance');
  const ran = await machine.run('livez', ...args);
  expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining(text)]);
});

test('a log says what was asked, once a day into a new file, and keeps a week of them (halibut.md 7.1)', async () => {
  const { appendLog } = await import('./log-file.ts');
  const { readdirSync, utimesSync } = await import('node:fs');
  using machine = new Machine();
  const file = join(machine.dir, 'Logs/OctopusTentacle.txt');
  for (let day = 1; day <= 10; day++) {
    const now = new Date(Date.UTC(2026, 0, day, 12));
    appendLog(file, `day ${day}`, now);
    utimesSync(file, now, now);
  }
  const files = readdirSync(join(machine.dir, 'Logs')).sort();
  expect([files.length, files[0], files.at(-1)]).toEqual([8, 'OctopusTentacle.2026-01-03.txt', 'OctopusTentacle.txt']);
  expect(readFileSync(file, 'utf8')).toBe('2026-01-10T12:00:00.000Z day 10\n');
});

describe('settings from outside (halibut.md 7.9)', () => {
  test('a .env beside the program or above it counts where variables do, and a variable before it', async () => {
    const { Settings } = await import('./settings.ts');
    using machine = new Machine();
    await machine.run('create-instance');
    writeFileSync(join(machine.dir, '.env'), '# ports\r\n\nTENTACLE_SERVICE_PORT = 4321\nOTHER=1\n');
    const programFolder = join(machine.dir, 'opt/octo');
    const port = (env: Record<string, string>) =>
      Settings.open({ instance: undefined, config: undefined }, { env: { ...machine.env, ...env }, cwd: machine.dir, programFolder }).port; // prettier-ignore
    expect(port({})).toBe(10_933);
    expect(port({ OCTOPUS_CONTRIBUTE_ENV_SETTINGS: 'TRUE' })).toBe(4321);
    expect(port({ OCTOPUS_CONTRIBUTE_ENV_SETTINGS: 'true', TENTACLE_SERVICE_PORT: '1' })).toBe(1);
    writeFileSync(join(machine.dir, '.env'), 'nonsense\n');
    expect(() => port({ OCTOPUS_CONTRIBUTE_ENV_SETTINGS: 'true' })).toThrow('Line 1 of');
  });

  test('show-configuration sorts keys as the real program does, and leaves values of lists alone (9.7)', async () => {
    using machine = new Machine();
    await machine.run('create-instance');
    await machine.run('configure', '--trust', THUMBPRINT);
    const { Octopus, Tentacle } = JSON.parse((await machine.run('show-configuration')).stdout);
    expect([Object.keys(Octopus), Object.keys(Tentacle), Object.keys(Tentacle.Communication)]).toEqual([
      ['Home', 'Watchdog'],
      ['CertificateThumbprint', 'Communication', 'Deployment', 'Services'],
      ['PollingConnectionCount', 'TrustedOctopusServers'],
    ]);
    expect(Object.keys(Tentacle.Communication.TrustedOctopusServers[0])[0]).toBe('Thumbprint');
  });

  test.each([
    [{}, {}],
    [{ TENTACLE_WORKSPACE_CLEANER_DELAY: '00:30:00' }, { cleanEveryMs: 1_800_000 }],
    [{ TENTACLE_WORKSPACE_CLEANER_DELAY: '365.00:00:00' }, { cleanEveryMs: 2 ** 31 - 1 }],
    [{ TENTACLE_WORKSPACE_CLEANER_DELETE_OLDER_THAN: '2.12:00:00.5' }, { keepMs: 216_000_500 }],
    [{ TENTACLE_WORKSPACE_CLEANER_DELETE_OLDER_THAN: '3' }, { keepMs: 259_200_000 }],
    [{ OctopusFreeDiskSpaceOverrideInMegaBytes: '5000' }, { minimumFreeBytes: 5_242_880_000 }],
    [
      { OctopusFreeDiskSpaceOverrideInMegaBytes: '5000', OctopusSkipFreeDiskSpaceCheck: 'True' },
      { minimumFreeBytes: 0 },
    ],
  ])('%j is %j (R149, R150)', async (env, upkeep) => {
    const { upkeepOf } = await import('./upkeep.ts');
    expect(upkeepOf(env)).toEqual(upkeep);
  });

  test.each(['1h', '25:00:00', '-1'])('%s is no time', async (text) => {
    const { upkeepOf } = await import('./upkeep.ts');
    expect(() => upkeepOf({ TENTACLE_WORKSPACE_CLEANER_DELAY: text })).toThrow('hours:minutes:seconds');
  });
});

describe('service (halibut.md 9.2)', () => {
  test.each([
    [['--instance=*', '--install'], 'can only be used for --start, --stop, and --restart'],
    [[], 'Say what to do: --restart'],
  ])('%j is refused', async (args, text) => {
    using machine = new Machine();
    await machine.run('create-instance');
    const ran = await machine.run('service', ...args);
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining(text)]);
  });

  test('is installed for a user that there is, who is told what to own; the order of the line does not count', async () => {
    using machine = new Machine();
    await machine.run('create-instance', '--instance', 'A', '--config', join(machine.dir, 'etc/a.config'));
    const folder = join(machine.dir, 'units');
    machine.env['OCTO_SYSTEMD_FOLDER'] = folder;
    const path = process.env['PATH'];
    mkdirSync(join(machine.dir, 'bin'));
    const log = join(machine.dir, 'systemctl');
    writeFileSync(join(machine.dir, 'bin/systemctl'), `#!/bin/sh\necho "$*" >>'${log}'\n`, { mode: 0o755 });
    process.env['PATH'] = `${join(machine.dir, 'bin')}:${path}`;
    try {
      const nobody = await machine.run('service', '--install', '--username', 'no-such-user');
      expect([nobody.code, nobody.stderr, existsSync(folder)]).toEqual([1, 'There is no user no-such-user on this machine.\n', false]); // prettier-ignore
      const { code, stdout } = await machine.run('service', '--start', '--install', '--user', 'nobody');
      expect([code, stdout]).toEqual([0, expect.stringContaining(`chown -R nobody ${join(machine.dir, 'etc')}\n`)]);
      expect(readFileSync(join(folder, 'A.service'), 'utf8')).toContain('\nUser=nobody\n');
      await machine.run('service', '--uninstall', '--stop');
      expect(readFileSync(log, 'utf8').trim().split('\n')).toEqual(['daemon-reload', 'enable A.service', 'start A.service', 'stop A.service', 'disable --now A.service', 'daemon-reload']); // prettier-ignore
    } finally {
      process.env['PATH'] = path;
    }
  });

  test('the unit runs what was called, and finds the instance', async () => {
    const { thisProgram, unitName, unitText } = await import('./unit.ts');
    const node = process.execPath;
    expect(thisProgram(['n', '/x/tentacle.js', 'service'], false)).toEqual([node, '/x/tentacle.js']);
    expect(thisProgram(['n', '/x/octo.js', 'tentacle', 'service'], false)).toEqual([node, '/x/octo.js', 'tentacle']);
    expect(thisProgram(['n', 'n', 'service'], true)).toEqual([node]);
    const environment = { TentacleMachineConfigurationHomeDirectory: '/data/50% $x' };
    expect(unitText({ instance: '', configPath: '/x y', program: ['t'], user: 'u' })).toContain('ExecStart=t run "--config=/x y" --'); // prettier-ignore
    expect(unitName('')).toBe('OctopusDeploy-Tentacle.service');
    const text = unitText({ instance: 'A', program: ['/usr/bin/tentacle'], user: 'bob', environment });
    expect(text).toContain('\nEnvironment="TentacleMachineConfigurationHomeDirectory=/data/50%% $x"\nExecStart=/usr/bin/tentacle run --instance=A --noninteractive\n'); // prettier-ignore
  });
});
