import { Args } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';

export default class NodeSetCap extends OctoCommand {
  static override summary = 'Set how many tasks a node executes at once; 0 = it takes none. Running tasks go on.';
  static override examples = ['<%= config.bin %> node set-cap server-web1 10'];
  static override args = {
    node: Args.string({ description: 'id of the node', required: true }),
    cap: Args.integer({ description: 'most tasks at once', required: true, min: 0 }),
  };
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(NodeSetCap);
    await using connection = await this.connect(flags);
    const node = await connection.api.setTaskCap(args.node, args.cap, AbortSignal.timeout(60_000));
    this.log(`${node.id} executes at most ${node.taskCap} tasks at once`);
    return node;
  }
}
