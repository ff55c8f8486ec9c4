import { Args, Flags } from '@oclif/core';
import { basename, relative, resolve } from 'node:path';
import { OctoCommand } from '../../octo-command.ts';

export default class PluginNew extends OctoCommand {
  static override summary = 'Write the package of a new step: plain JavaScript, with a test, ready to be added.';
  static override examples = [
    '<%= config.bin %> plugin new step my-step',
    '<%= config.bin %> plugin new step @acme/my-step --dir ./steps/mine',
  ];
  static override args = {
    kind: Args.string({ description: 'what it shall bring', required: true, options: ['step'] }),
    name: Args.string({ description: 'name of the package', required: true }),
  };
  static override flags = { dir: Flags.string({ description: 'folder to write [default: the name, here]' }) };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(PluginNew);
    const { checkName, writeStep } = await import('../../plugins/new-step.ts');
    checkName(args.name);
    const folder = resolve(flags.dir ?? basename(args.name));
    const type = await writeStep({ name: args.name, folder, root: this.config.root });
    this.log(`wrote ${folder}: a step of type ${type}\n`);
    const next = ['npm install', 'npm test', 'octo plugin add .', 'octo run --process process.json'];
    this.log([`cd ${relative('.', folder) || '.'}`, ...next].map((line) => `  ${line}`).join('\n'));
    return { name: args.name, folder, type };
  }
}
