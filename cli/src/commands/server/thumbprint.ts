import { connectionFlags, OctoCommand } from '../../octo-command.ts';

export default class ServerThumbprint extends OctoCommand {
  static override summary = "Print the thumbprint of the server's certificate: agents trust the server by it.";
  static override examples = [
    '<%= config.bin %> server thumbprint',
    'tentacle configure --trust $(<%= config.bin %> server thumbprint)',
  ];
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ServerThumbprint);
    await using connection = await this.connect(flags);
    const { ask: call } = await import('@octo/api');
    const path = '/api/configuration/certificates/certificate-global';
    const { Thumbprint } = await call<{ readonly Thumbprint: string }>(
      connection.api,
      { method: 'GET', path },
      AbortSignal.timeout(60_000),
    );
    this.log(Thumbprint);
    return { Thumbprint };
  }
}
