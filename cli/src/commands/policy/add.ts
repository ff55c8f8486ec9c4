import { Args } from '@oclif/core';
import { ask } from '../../ask.ts';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { policyFlags, withPolicyFlags } from '../../policy/flags.ts';
import { storeOf } from '../../resources/store.ts';

export default class PolicyAdd extends OctoCommand {
  static override summary = 'Add a machine policy; what no flag names has the default.';
  static override examples = [
    '<%= config.bin %> policy add relaxed --connect-timeout 2m --health-interval 6h',
    '<%= config.bin %> policy add spot --may-be-offline --remove-after 1d',
  ];
  static override args = { name: Args.string({ description: 'what it is called' }) };
  static override flags = { ...connectionFlags, ...policyFlags };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(PolicyAdd);
    const Name = args.name ?? (await ask.text('name of the policy', { flag: 'NAME' }));
    await using connection = await this.connect(flags);
    const store = await storeOf(connection.api, 'machinepolicies');
    const policy = await store.create({ ...withPolicyFlags({}, flags), Name });
    this.done(`${policy.Id} ${policy.Name} was added`);
    return policy;
  }
}
