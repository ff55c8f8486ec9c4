import { Args, Flags } from '@oclif/core';
import { ask } from '../../ask.ts';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { storeOf } from '../../resources/store.ts';

export default class PoolAdd extends OctoCommand {
  static override summary = 'Add a worker pool.';
  static override examples = ['<%= config.bin %> pool add linux-prod --description "Production, Linux"'];
  static override args = { name: Args.string({ description: 'what it is called' }) };
  static override flags = {
    ...connectionFlags,
    description: Flags.string({ description: 'what it is for' }),
    default: Flags.boolean({ description: 'the pool of steps that name none', default: false }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(PoolAdd);
    const Name = args.name ?? (await ask.text('name of the pool', { flag: 'NAME' }));
    await using connection = await this.connect(flags);
    const store = await storeOf(connection.api, 'workerpools');
    const pool = await store.create({ Name, Description: flags.description ?? '', IsDefault: flags.default });
    this.done(`${pool.Id} ${pool.Name} was added`);
    return pool;
  }
}
