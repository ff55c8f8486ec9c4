import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const workspace = new URL('../../../', import.meta.url).pathname;

type Source = { readonly code: string; readonly files?: Record<string, string> } & Readonly<Record<string, unknown>>;

/** The files of a package that is a plugin; `code` is its entry, and what is not named here goes into package.json. */
export function packageFiles(name: string, { code, files = {}, ...manifest }: Source): Record<string, string> {
  return {
    'package.json': JSON.stringify({
      name,
      version: '0.1.0',
      type: 'module',
      exports: { '.': './index.js', './package.json': './package.json' },
      octo: { contract: 1 },
      ...manifest,
    }),
    'index.js': code,
    ...files,
  };
}

/** Such a package on the disk, not installed. */
export async function writePackage(folder: string, name: string, source: Source): Promise<string> {
  for (const [file, text] of Object.entries(packageFiles(name, source))) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  return folder;
}

/** `npm pack`, as an author does it; answers the tarball. */
export async function pack(folder: string, into: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', into], { cwd: folder });
  return join(into, stdout.trim());
}

/** The entry of a plugin that brings nothing, or `more`. */
export const minimal = (name: string, more = ''): string => `export default { name: '${name}', contract: 1, ${more} };`;

/** A schema without a library: nothing has to be installed for it. */
const anySchema = `{ '~standard': {
  version: 1, vendor: 'acme', validate: (value) => ({ value }), jsonSchema: { input: () => ({ type: 'object' }) },
} }`;

/** One step, one transport, one command; @octo/kernel comes from whoever installs it. */
export const acme = {
  code: `import { definePlugin, defineStep, StepFailedError, TransportError } from '@octo/kernel';
const any = ${anySchema};
const greet = defineStep({
  type: 'Acme.Greet',
  properties: any,
  async run({ properties, worker, log, signal }) {
    const name = properties['Acme.Greet.Name'];
    if (!name) throw new StepFailedError('OCTO_STEP_EXIT', 'nobody to greet');
    await worker.run({ syntax: 'Bash', body: 'echo hello ' + name }, signal);
    log.write('info', 'greeted ' + name);
  },
});
const open = () => { throw new TransportError('OCTO_TRANSPORT_REFUSED', 'no pigeon', { started: 'no' }); };
const pigeon = { style: 'AcmePigeon', word: 'pigeon', endpoint: any, reach: 'anywhere', deps: {}, create: () => ({ open }) };
export default definePlugin({ name: 'octo-acme', contract: 1, steps: [greet], transports: [pigeon] });
`,
  peerDependencies: { '@octo/kernel': '^0.1.0' },
  oclif: { commands: './commands', topicSeparator: ' ' },
  files: {
    'commands/acme/hello.js': `export default class Hello {
  static id = 'acme:hello';
  static summary = 'Say hello.';
  static flags = {}; static args = {};
  static async run() { console.log('hello from a plugin'); }
}
`,
  },
};
