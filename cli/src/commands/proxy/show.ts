import { Args } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { paths } from '../../resources/show.ts';
import { storeOf } from '../../resources/store.ts';
import { facts } from '../../table.ts';

export default class ProxyShow extends OctoCommand {
  static override summary = 'Show all members, as --set and files name them.';
  static override examples = ['<%= config.bin %> proxy show dmz'];
  static override args = { name: Args.string({ description: 'name or id', required: true }) };
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ProxyShow);
    await using connection = await this.connect(flags);
    const found = await (await storeOf(connection.api, 'proxies')).find(args.name);
    this.log(facts(paths(found)));
    return found;
  }
}
