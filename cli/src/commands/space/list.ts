import { type WireSpace } from '@octo/api';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { table } from '../../table.ts';

export default class SpaceList extends OctoCommand {
  static override summary = 'List the spaces in which you may see something.';
  static override examples = ['<%= config.bin %> space list', '<%= config.bin %> space list --json'];
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(SpaceList);
    await using connection = await this.connect(flags);
    const { get } = await import('@octo/api');
    const spaces = await get<readonly WireSpace[]>(connection.api, '/api/spaces/all', AbortSignal.timeout(60_000));
    const rows = spaces.map((it) => [
      it.Id,
      it.Name,
      it.Slug,
      it.TaskQueueStopped ? 'stopped' : 'runs',
      it.IsDefault ? 'default' : '',
    ]);
    this.log(table(['id', 'name', 'slug', 'queue', ''], rows) || 'There is no space that you may see.');
    return spaces;
  }
}
