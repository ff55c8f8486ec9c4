import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { collect, type Home, type Server } from './octo.ts';
import { until } from './wait.ts';

// An update of a running agent from its server (I17, R104). The new version is this very build under another number.
const CLI = new URL('../../../cli/', import.meta.url).pathname;
// A path without what else is installed here: the first check of a machine asks each tool for its version.
const machine = (home: Home) => ({
  TentacleMachineConfigurationHomeDirectory: join(home.dir, 'machine'),
  PATH: '/usr/bin:/bin',
});

/** A program that is this build, but says another version; `spoil` breaks what its agent does. */
export async function otherVersion(home: Home, version: string, spoil?: string): Promise<void> {
  const folder = join(home.dir, `cli-${version}`);
  await cp(join(CLI, 'dist/bundle'), join(folder, 'dist/bundle'), { recursive: true });
  await cp(join(CLI, 'bin'), join(folder, 'bin'), { recursive: true });
  await cp(join(CLI, 'package.json'), join(folder, 'package.json'));
  for (const name of await readdir(join(folder, 'dist/bundle'))) {
    if (!name.endsWith('.js')) continue;
    const file = join(folder, 'dist/bundle', name);
    const text = await readFile(file, 'utf8');
    if (text.includes('"0.1.0"')) await writeFile(file, text.replaceAll('"0.1.0"', `"${version}"`));
  }
  const agents = join(home.data, 'agents');
  await mkdir(agents, { recursive: true });
  const program = join(agents, `tentacle-${version}-linux-${process.arch}`);
  const broken = spoil === undefined ? '' : `case "$1 $2" in agent*|"tentacle agent"*) ${spoil} ;; esac\n`;
  const words = `[ "$1" = tentacle ] && shift\n`;
  await writeFile(program, `#!/bin/sh\n${broken}${words}exec '${process.execPath}' '${folder}/bin/tentacle.js' "$@"\n`);
  await chmod(program, 0o755);
}

export async function joined(home: Home, { api }: Server) {
  const pool = { method: 'POST', path: '/api/workerpools', body: { Name: 'linux' } } as const;
  const made = await api.raw(pool, AbortSignal.timeout(10_000));
  if (made.status !== 201) throw new Error(`no pool: ${made.status}`);
  const { stdout } = await home.run(['worker', 'join-token', 'create', '--pool', 'linux', '--quiet']);
  const [, ...words] = stdout.trim().split(' ');
  const { code, stderr } = await home.run(['tentacle', ...words, '--name', 'w1'], machine(home));
  if (code !== 0) throw new Error(`it did not join: ${stderr}`);
}
export async function agent(home: Home) {
  const child = home.start(['tentacle', 'agent', '--noninteractive'], machine(home));
  const output = collect(child);
  await until('the agent is up', async () => /Connected to/.test(output.stdout));
  return { child, output };
}
export const versionOf = async (home: Home) =>
  (JSON.parse((await home.run(['worker', 'show', 'w1', '--json'])).stdout) as { condition: { agentVersion: string } }).condition.agentVersion; // prettier-ignore
