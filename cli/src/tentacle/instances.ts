import { accessSync, constants, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { KnownFailure } from './errors.ts';
import { makeFolders, writeWhole } from './files.ts';
import { isSame } from './parse.ts';

export interface Instance {
  readonly name: string;
  readonly configPath: string;
}
type Env = Readonly<Record<string, string | undefined>>;
const DEFAULT = 'Tentacle';

/** The folder of registered instances (halibut.md 7.10); of an ordinary user's own where the system's cannot be written. */
export function instancesFolder(env: Env): string {
  const folder = machineFolder(env);
  return join(folder, folder === usersFolder(env) ? 'tentacle' : 'Tentacle', 'Instances');
}

/** What the instances of this machine, or of this user, have in common. */
export function machineFolder(env: Env): string {
  const given = env['TentacleMachineConfigurationHomeDirectory'];
  if (given) return given;
  const isSystems = process.getuid?.() === 0 || mayWrite(join(SYSTEM, 'Tentacle/Instances')) || mayWrite(SYSTEM);
  return isSystems ? SYSTEM : usersFolder(env);
}
const SYSTEM = '/etc/octopus';
const usersFolder = (env: Env) => join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'octo');

export function listInstances(env: Env): readonly Instance[] {
  const folder = instancesFolder(env);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.config'))
    .sort()
    .map((file) => readInstance(join(folder, file)));
}

function readInstance(file: string): Instance {
  try {
    const { Name, ConfigurationFilePath } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    return { name: Name ?? basename(file, '.config'), configPath: ConfigurationFilePath ?? '' };
  } catch {
    throw new KnownFailure(`The instance file ${file} cannot be read. Delete it, and create the instance again.`);
  }
}

export function addInstance(env: Env, { name, configPath }: Instance): void {
  const folder = instancesFolder(env);
  makeFolders(folder);
  writeWhole(
    fileOf(folder, name),
    JSON.stringify({ Name: name, ConfigurationFilePath: configPath }, undefined, 2),
    0o644,
  );
}

export function removeInstance(env: Env, name: string): void {
  rmSync(fileOf(instancesFolder(env), name), { force: true });
}

function fileOf(folder: string, name: string): string {
  return join(folder, `${name.toLowerCase().replaceAll(' ', '-').replaceAll('/', '-')}.config`);
}

/** Which one is meant (7.10): the named, the one of this folder, the default, the only one. */
export function chooseInstance(
  env: Env,
  cwd: string,
  { instance, config }: { readonly instance: string | undefined; readonly config: string | undefined },
): Instance {
  if (config) return { name: '', configPath: resolve(cwd, config) };
  const all = listInstances(env);
  const named = (name: string) => all.find((it) => isSame(it.name, name));
  if (instance) {
    const found = named(instance);
    if (found) return checked(found);
    throw new KnownFailure(`Instance ${instance} of tentacle has not been configured on this machine. ${known(all)}`);
  }
  const here = join(cwd, DEFAULT_CONFIG);
  if (existsSync(here)) return { name: '', configPath: here };
  const only = named(DEFAULT) ?? (all.length === 1 ? all[0] : undefined);
  if (only) return checked(only);
  if (all.length === 0)
    throw new KnownFailure(
      'There are no instances of tentacle configured on this machine. Create one: tentacle create-instance',
    );
  throw new KnownFailure(
    `There is more than one instance of tentacle on this machine, and none was named. ${known(all)}`,
  );
}

function checked(instance: Instance): Instance {
  if (existsSync(instance.configPath)) return instance;
  throw new KnownFailure(
    `The configuration file ${instance.configPath} of instance ${instance.name} is not there. Create the instance again; then it can be deleted, too.`,
  );
}

function known(all: readonly Instance[]): string {
  return all.length === 0 ? 'There are no instances.' : `Instances: ${all.map((it) => it.name).join(', ')}`;
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export const DEFAULT_CONFIG = `${DEFAULT}.config`;
export const folderOf = (configPath: string): string => dirname(configPath);
export const DEFAULT_INSTANCE = DEFAULT;
