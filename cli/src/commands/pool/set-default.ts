import { Args } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { storeOf } from '../../resources/store.ts';

export default class PoolSetDefault extends OctoCommand {
  static override summary =
    'Make a pool the one of steps that name none; the built-in worker serves it while it is empty.';
  static override examples = ['<%= config.bin %> pool set-default linux-prod'];
  static override args = { name: Args.string({ description: 'name, slug or id', required: true }) };
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(PoolSetDefault);
    await using connection = await this.connect(flags);
    const store = await storeOf(connection.api, 'workerpools');
    const before = await store.find(args.name);
    const pool = await store.update(before.Id, { ...before, IsDefault: true });
    this.done(`${pool.Name} is the default pool now`);
    return pool;
  }
}
