import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { table, when } from '../../table.ts';

export default class NodeList extends OctoCommand {
  static override summary = 'List nodes: processes that opened this installation to do work.';
  static override examples = ['<%= config.bin %> node list'];
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(NodeList);
    await using connection = await this.connect(flags);
    const nodes = await connection.api.nodes(AbortSignal.timeout(60_000));
    const rows = nodes.map((n) => [
      n.id,
      n.kind,
      n.isAlive ? 'alive' : 'gone',
      `${n.runningTasks} of ${n.taskCap}`,
      when(n.lastSeen),
    ]);
    this.log(table(['id', 'kind', 'state', 'tasks', 'last seen'], rows) || 'No process works on this installation.');
    return nodes;
  }
}
