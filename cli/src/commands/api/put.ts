import { bodyFlags, pathArg, RawCall } from '../../raw-call.ts';

export default class ApiPut extends RawCall {
  static override summary = 'PUT to any path of the REST API.';
  static override examples = ['<%= config.bin %> api put /api/teams/Teams-1 --body - < team.json'];
  static override args = pathArg;
  static override flags = bodyFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ApiPut);
    return this.call('PUT', args.path, flags);
  }
}
