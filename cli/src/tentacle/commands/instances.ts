import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { type Command, INSTANCE, value } from '../command.ts';
import { writeConfig } from '../config-xml.ts';
import { writeWhole } from '../files.ts';
import {
  addInstance,
  chooseInstance,
  DEFAULT_CONFIG,
  DEFAULT_INSTANCE,
  listInstances,
  removeInstance,
} from '../instances.ts';
import { KnownFailure } from '../errors.ts';
import { format } from '../format.ts';
import { isSame } from '../parse.ts';
import { Settings } from '../settings.ts';

export const createInstance: Command = {
  name: 'create-instance',
  about: 'Registers an instance and makes its configuration file. Doing it again changes nothing that is there.',
  options: [...INSTANCE, value('home', 'folder of the instance; the one of its configuration file by default')],
  async run(values, io) {
    const name = values.text('instance') ?? DEFAULT_INSTANCE;
    const given = values.text('config');
    // Not named, it lies in the home folder, which is then '.'; a relative home is seen from the file (halibut.md 7.10).
    const configPath = resolve(io.cwd, given ?? join(values.text('home') ?? '.', DEFAULT_CONFIG));
    const home = homeOf(values.text('home'), given === undefined ? '.' : dirname(configPath), given === undefined);
    const other = listInstances(io.env).find((it) => it.configPath === configPath && !isSame(it.name, name));
    if (other)
      io.line(`The instance ${other.name} has the same configuration file: what is changed here is changed there`);
    if (!existsSync(configPath)) {
      io.line(`Creating empty configuration file: ${configPath}`);
      writeWhole(configPath, writeConfig(new Map()));
    }
    addInstance(io.env, { name, configPath });
    const settings = Settings.open({ instance: undefined, config: configPath }, io);
    if (settings.get('Octopus.Home') === undefined || values.has('home')) {
      io.line(`Setting home directory to: ${isAbsolute(home) ? home : resolve(dirname(configPath), home)}`);
      settings.set('Octopus.Home', home);
      settings.save();
    }
    io.line(`Saving instance: ${name}`);
  },
};

function homeOf(wanted: string | undefined, folder: string, holdsConfig: boolean): string {
  if (wanted === undefined) return folder;
  return holdsConfig && !isAbsolute(wanted) ? '.' : wanted;
}

export const deleteInstance: Command = {
  name: 'delete-instance',
  about: 'Takes an instance off the list. Its configuration, logs and files stay.',
  options: INSTANCE.slice(0, 1),
  async run(values, io) {
    const { name } = chooseInstance(io.env, io.cwd, { instance: values.text('instance'), config: undefined });
    if (name === '') throw new KnownFailure('Name the instance: --instance=NAME');
    removeInstance(io.env, name);
    io.line(`Deleted instance: ${name}`);
  },
};

export const listInstancesCommand: Command = {
  name: 'list-instances',
  about: 'Lists the instances of this machine.',
  options: [value('format', 'text or json')],
  async run(values, io) {
    const all = listInstances(io.env);
    if (format(values) === 'json') {
      const shown = all.map((it) => ({ InstanceName: it.name, ConfigurationFilePath: it.configPath }));
      io.write(JSON.stringify(shown, undefined, 2));
      return;
    }
    if (all.length === 0) io.line('No instances have been configured on this machine.');
    for (const { name, configPath } of all) io.line(`Instance '${name}' uses configuration '${configPath}'.`);
  },
};
