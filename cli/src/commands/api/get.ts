import { rawFlags, pathArg, RawCall } from '../../raw-call.ts';

export default class ApiGet extends RawCall {
  static override summary = 'GET of any path of the REST API, with the stored login.';
  static override examples = [
    '<%= config.bin %> api get /api/users/me',
    '<%= config.bin %> api get workers/all --raw | jq .',
  ];
  static override args = pathArg;
  static override flags = rawFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ApiGet);
    return this.call('GET', args.path, flags);
  }
}
