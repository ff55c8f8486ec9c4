import { Args, Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { proxyFlags, proxyMembers } from '../../resources/proxy-flags.ts';
import { storeOf } from '../../resources/store.ts';

export default class ProxyEdit extends OctoCommand {
  static override summary = 'Change a proxy; what no flag names stays, its password too.';
  static override examples = ['<%= config.bin %> proxy edit dmz --port 8080'];
  static override args = { name: Args.string({ description: 'name or id', required: true }) };
  static override flags = {
    ...connectionFlags,
    rename: Flags.string({ description: 'its new name' }),
    ...proxyFlags,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ProxyEdit);
    await using connection = await this.connect(flags);
    const store = await storeOf(connection.api, 'proxies');
    const before = await store.find(args.name);
    const members = await proxyMembers(flags);
    const proxy = await store.update(before.Id, { ...before, ...members, Name: flags.rename ?? before.Name });
    this.done(`${proxy.Id} ${proxy.Name} was changed`);
    return proxy;
  }
}
