import { Args } from '@oclif/core';
import { ask } from '../../ask.ts';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { proxyFlags, proxyMembers } from '../../resources/proxy-flags.ts';
import { storeOf } from '../../resources/store.ts';

export default class ProxyAdd extends OctoCommand {
  static override summary = 'Add a proxy that leads to workers.';
  static override examples = ['<%= config.bin %> proxy add dmz --host proxy.example.com --port 3128'];
  static override args = { name: Args.string({ description: 'what it is called' }) };
  static override flags = { ...connectionFlags, ...proxyFlags };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ProxyAdd);
    const Name = args.name ?? (await ask.text('name of the proxy', { flag: 'NAME' }));
    const Host = flags.host ?? (await ask.text('name or address of the proxy', { flag: '--host' }));
    const members = await proxyMembers(flags);
    await using connection = await this.connect(flags);
    const proxy = await (await storeOf(connection.api, 'proxies')).create({ ...members, Name, Host });
    this.done(`${proxy.Id} ${proxy.Name} was added`);
    return proxy;
  }
}
