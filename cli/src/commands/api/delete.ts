import { rawFlags, pathArg, RawCall } from '../../raw-call.ts';

export default class ApiDelete extends RawCall {
  static override summary = 'DELETE of any path of the REST API.';
  static override examples = ['<%= config.bin %> api delete /api/teams/Teams-1'];
  static override args = pathArg;
  static override flags = rawFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ApiDelete);
    return this.call('DELETE', args.path, flags);
  }
}
