import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Home } from './octo.ts';

const root = new URL('../../../', import.meta.url).pathname;

/** Switch packages on for one home, as `$OCTO_HOME/plugins/package.json` does; `files` by name inside of the package. */
export async function install(home: Home, packages: Record<string, Record<string, string>>): Promise<void> {
  const plugins = join(home.dir, 'home', 'plugins');
  for (const [name, files] of Object.entries(packages)) {
    for (const [file, text] of Object.entries(files)) {
      const at = join(plugins, 'node_modules', name, file);
      await mkdir(dirname(at), { recursive: true });
      await writeFile(at, text);
    }
  }
  await mkdir(join(plugins, 'node_modules', '@octo'), { recursive: true });
  await symlink(join(root, 'libs/kernel'), join(plugins, 'node_modules/@octo/kernel')).catch(() => {});
  await symlink(join(root, 'node_modules/zod'), join(plugins, 'node_modules/zod')).catch(() => {});
  const dependencies = Object.fromEntries(Object.keys(packages).map((name) => [name, '*']));
  await writeFile(join(plugins, 'package.json'), JSON.stringify({ dependencies }));
}
