import { manyArg, RemoveCommand, removeFlags } from '../../resources/remove-command.ts';

export default class PolicyRemove extends RemoveCommand {
  static override summary = 'Remove one or more: all are looked up before the first one goes.';
  static override examples = ['<%= config.bin %> policy remove relaxed --yes'];
  static override args = manyArg('machine policy');
  static override flags = removeFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(PolicyRemove);
    return this.remove('machinepolicies', args.names, flags);
  }
}
