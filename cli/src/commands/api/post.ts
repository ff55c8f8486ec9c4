import { bodyFlags, pathArg, RawCall } from '../../raw-call.ts';

export default class ApiPost extends RawCall {
  static override summary = 'POST to any path of the REST API.';
  static override examples = [
    '<%= config.bin %> api post /api/teams --body @team.json',
    '<%= config.bin %> api post /api/tasks/ServerTasks-1/cancel',
  ];
  static override args = pathArg;
  static override flags = bodyFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ApiPost);
    return this.call('POST', args.path, flags);
  }
}
