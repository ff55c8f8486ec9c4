import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Command, flag, type Io, value } from '../command.ts';
import { KnownFailure } from '../errors.ts';
import { writeWhole } from '../files.ts';
import { chooseInstance, type Instance, listInstances } from '../instances.ts';
import { type Values } from '../parse.ts';
import { Settings } from '../settings.ts';
import { thisProgram, unitName, unitText } from '../unit.ts';

/** In the order in which they are done, whatever the order on the line (halibut.md 9.2). */
const ACTIONS = ['restart', 'stop', 'uninstall', 'install', 'reconfigure', 'start'] as const;
type Action = (typeof ACTIONS)[number];
const DONE: Readonly<Record<Action, string>> = {
  restart: 'restarted',
  stop: 'stopped',
  uninstall: 'uninstalled',
  install: 'installed',
  reconfigure: 'reconfigured',
  start: 'started',
};

export const service: Command = {
  name: 'service',
  about: 'Runs an instance as a service of systemd.',
  options: [
    flag('install', 'write its unit, and let it begin with the system'),
    flag('reconfigure', 'write its unit anew'),
    flag('start', 'start it'),
    flag('stop', 'stop it; scripts go on'),
    flag('restart', 'stop and start it'),
    flag('uninstall', 'stop it and remove its unit'),
    value('username|user', 'as whom it runs, also by OCTOPUS_SERVICE_USERNAME; root by default'),
    value('password', 'accepted; systemd needs none'),
    value('dependOn', 'a unit that has to run before'),
    value('instance', 'name of the instance; * for all with start, stop and restart'),
  ],
  async run(values, io) {
    const wanted = ACTIONS.filter((it) => values.has(it));
    if (wanted.length === 0) throw new KnownFailure(`Say what to do: ${ACTIONS.map((it) => `--${it}`).join(', ')}`);
    const isAll = values.text('instance') === '*';
    if (isAll && wanted.some((it) => ['install', 'reconfigure', 'uninstall'].includes(it)))
      throw new KnownFailure('--instance=* can only be used for --start, --stop, and --restart flags');
    const instances = isAll
      ? listInstances(io.env)
      : [chooseInstance(io.env, io.cwd, { instance: values.text('instance'), config: undefined })];
    for (const instance of instances) for (const action of wanted) act(action, instance, values, io);
  },
};

function act(action: Action, instance: Instance, values: Values, io: Io): void {
  const unit = unitName(instance.name);
  const called = instance.name || instance.configPath;
  const folder = io.env['OCTO_SYSTEMD_FOLDER'] ?? '/etc/systemd/system';
  const file = join(folder, unit);
  if (action === 'install' || action === 'reconfigure' || action === 'uninstall') checkRights(folder);
  switch (action) {
    case 'install':
    case 'reconfigure':
      writeUnit(file, instance, values, io);
      systemctl(['daemon-reload']);
      if (action === 'install') systemctl(['enable', unit]);
      break;
    case 'uninstall':
      if (!existsSync(file)) throw new KnownFailure(`There is no service ${unit}.`);
      systemctl(['disable', '--now', unit]);
      rmSync(file);
      systemctl(['daemon-reload']);
      break;
    case 'restart':
    case 'stop':
    case 'start':
      systemctl([action, unit]);
  }
  io.line(`Service ${DONE[action]}: ${called}`);
}

function writeUnit(file: string, instance: Instance, values: Values, io: Io): void {
  const dependOn = values.text('dependOn');
  const user = values.text('username') ?? (io.env['OCTOPUS_SERVICE_USERNAME'] || 'root');
  const machineHome = io.env['TentacleMachineConfigurationHomeDirectory'];
  const unit = {
    instance: instance.name,
    configPath: instance.configPath,
    program: thisProgram(),
    user,
    ...(dependOn && { dependOn }),
    ...(machineHome && { environment: { TentacleMachineConfigurationHomeDirectory: machineHome } }),
  };
  const uid = uidOf(user); // there is such a user
  writeWhole(file, unitText(unit), 0o644);
  warnOfOwner(instance, { user, uid }, io);
}

/** Its configuration is for its owner alone, and so is what it writes. */
function warnOfOwner(
  { configPath }: Instance,
  { user, uid }: { readonly user: string; readonly uid: number },
  io: Io,
): void {
  if (uid === 0 || statSync(configPath).uid === uid) return;
  const { home } = Settings.open({ instance: undefined, config: configPath }, io);
  const config = configPath.startsWith(`${home}/`) ? '' : ` ${configPath}`;
  io.line(`${configPath} belongs to another user. Before the start: chown -R ${user} ${home}${config}`);
}

function uidOf(user: string): number {
  if (user === userInfo().username) return userInfo().uid;
  try {
    return Number(execFileSync('id', ['-u', '--', user], { stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 }));
  } catch {
    throw new KnownFailure(`There is no user ${user} on this machine.`);
  }
}

function checkRights(folder: string): void {
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // it is made
    throw new KnownFailure(`${folder} is not yours to write. Run it as root: sudo tentacle service …`);
  }
}

function systemctl(args: readonly string[]): void {
  try {
    execFileSync('systemctl', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000, env: process.env });
  } catch (error) {
    const { code, stderr } = error as { readonly code?: string; readonly stderr?: Buffer };
    if (code === 'ENOENT')
      throw new KnownFailure(
        'There is no systemctl here: this system does not run systemd. Run tentacle agent by what it has.',
      );
    throw new KnownFailure(`systemctl ${args.join(' ')} failed: ${stderr?.toString().trim() ?? ''}`);
  }
}
