import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, flag, type Io, value } from '../command.ts';
import { KnownFailure } from '../errors.ts';
import { writeWhole } from '../files.ts';
import { chooseInstance, listInstances } from '../instances.ts';
import { type Values } from '../parse.ts';
import { unitName, unitText } from '../unit.ts';

const ACTIONS = ['install', 'reconfigure', 'start', 'stop', 'restart', 'uninstall'] as const;

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
    value('username|user', 'as whom it runs; root by default'),
    value('password', 'accepted; systemd needs none'),
    value('dependOn', 'a unit that has to run before'),
    value('instance', 'name of the instance; * for all with start, stop and restart'),
  ],
  async run(values, io) {
    const wanted = ACTIONS.filter((it) => values.has(it));
    if (wanted.length === 0) throw new KnownFailure(`Say what to do: ${ACTIONS.map((it) => `--${it}`).join(', ')}`);
    const names = values.text('instance') === '*' ? listInstances(io.env).map((it) => it.name) : [nameOf(values, io)];
    for (const name of names) for (const action of wanted) act(action, name, values, io);
  },
};

function nameOf(values: Values, io: Io): string {
  const { name } = chooseInstance(io.env, io.cwd, { instance: values.text('instance'), config: undefined });
  if (name === '') throw new KnownFailure('A service is one of an instance. Name it: --instance=NAME');
  return name;
}

function act(action: (typeof ACTIONS)[number], name: string, values: Values, io: Io): void {
  const unit = unitName(name);
  const file = join(io.env['OCTO_SYSTEMD_FOLDER'] ?? '/etc/systemd/system', unit);
  switch (action) {
    case 'install':
    case 'reconfigure': {
      const dependOn = values.text('dependOn');
      const user = values.text('username') ?? 'root';
      writeWhole(file, unitText({ instance: name, program: program(), user, ...(dependOn && { dependOn }) }), 0o644);
      systemctl(io, ['daemon-reload']);
      if (action === 'install') systemctl(io, ['enable', unit]);
      io.line(action === 'install' ? `Service installed: ${name}` : `Service reconfigured: ${name}`);
      return;
    }
    case 'uninstall':
      if (!existsSync(file)) throw new KnownFailure(`There is no service ${unit}.`);
      systemctl(io, ['disable', '--now', unit]);
      rmSync(file);
      systemctl(io, ['daemon-reload']);
      io.line(`Service uninstalled: ${name}`);
      return;
    case 'start':
    case 'stop':
    case 'restart':
      systemctl(io, [action, unit]);
      io.line(`Service ${{ start: 'started', stop: 'stopped', restart: 'restarted' }[action]}: ${name}`);
  }
}

/** This program, as it was called: one executable, or Node and a script. */
function program(): readonly string[] {
  const [node = 'tentacle', script = ''] = process.argv;
  return /\.[cm]?[jt]s$|\/tentacle$|\/octo$/.test(script) && script !== node ? [node, script] : [node];
}

function systemctl(io: Io, args: readonly string[]): void {
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
