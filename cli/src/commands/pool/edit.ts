import { Args, Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { storeOf } from '../../resources/store.ts';

export default class PoolEdit extends OctoCommand {
  static override summary = 'Change a worker pool; what no flag names stays as it is.';
  static override examples = ['<%= config.bin %> pool edit linux-prod --rename linux --description "All Linux"'];
  static override args = { name: Args.string({ description: 'name, slug or id', required: true }) };
  static override flags = {
    ...connectionFlags,
    rename: Flags.string({ description: 'its new name' }),
    description: Flags.string({ description: 'what it is for' }),
    'sort-order': Flags.integer({ description: 'its place in lists' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(PoolEdit);
    await using connection = await this.connect(flags);
    const store = await storeOf(connection.api, 'workerpools');
    const before = await store.find(args.name);
    const pool = await store.update(before.Id, {
      ...before,
      Name: flags.rename ?? before.Name,
      ...(flags.description !== undefined && { Description: flags.description }),
      ...(flags['sort-order'] !== undefined && { SortOrder: flags['sort-order'] }),
    });
    this.done(`${pool.Id} ${pool.Name} was changed`);
    return pool;
  }
}
