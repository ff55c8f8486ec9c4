import { Args, Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { policyFlags, withPolicyFlags } from '../../policy/flags.ts';
import { storeOf } from '../../resources/store.ts';

export default class PolicyEdit extends OctoCommand {
  static override summary = 'Change a machine policy; what no flag names stays as it is.';
  static override examples = [
    '<%= config.bin %> policy edit relaxed --health-interval never',
    '<%= config.bin %> policy edit relaxed --set MachineRpcCallRetryPolicy.Enabled=false',
  ];
  static override args = { name: Args.string({ description: 'name or id', required: true }) };
  static override flags = {
    ...connectionFlags,
    rename: Flags.string({ description: 'its new name' }),
    ...policyFlags,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(PolicyEdit);
    await using connection = await this.connect(flags);
    const store = await storeOf(connection.api, 'machinepolicies');
    const before = await store.find(args.name);
    const after = { ...withPolicyFlags(before, flags), Name: flags.rename ?? before.Name };
    const policy = await store.update(before.Id, after);
    this.done(`${policy.Id} ${policy.Name} was changed`);
    return policy;
  }
}
