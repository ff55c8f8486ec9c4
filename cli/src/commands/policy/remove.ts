import { Flags } from '@oclif/core';
import { type ConnectionFlags } from '../../octo-command.ts';
import { pick } from '../../pick.ts';
import { storeOf } from '../../resources/store.ts';
import { manyArg, RemoveCommand, removeFlags } from '../../resources/remove-command.ts';

export default class PolicyRemove extends RemoveCommand {
  static override summary = 'Remove one or more: all are looked up before the first one goes.';
  static override examples = ['<%= config.bin %> policy remove relaxed --yes'];
  static override args = manyArg('machine policy');
  static override flags = {
    ...removeFlags,
    'move-to-default': Flags.boolean({ description: 'their workers get the default policy', default: false }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(PolicyRemove);
    if (flags['move-to-default']) await this.#moveWorkers(args.names ?? [], flags);
    return this.remove('machinepolicies', args.names, flags);
  }

  /** A policy in use is not removed; who says so gives its workers the default one first (R108). */
  async #moveWorkers(names: readonly string[], flags: ConnectionFlags): Promise<void> {
    await using connection = await this.connect(flags);
    const policies = await storeOf(connection.api, 'machinepolicies');
    const all = await policies.all();
    const standard = all.find((it) => it['IsDefault'] === true);
    const leaving = names.map((name) => pick(all, name, policies.what).Id);
    const workers = await storeOf(connection.api, 'workers');
    for (const worker of await workers.all()) {
      if (!standard || !leaving.includes(String(worker['MachinePolicyId']))) continue;
      await workers.update(worker.Id, { ...worker, MachinePolicyId: standard.Id });
      this.done(`${worker.Name} has the policy ${standard.Name} now`);
    }
  }
}
