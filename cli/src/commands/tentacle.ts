import { Command } from '@oclif/core';

/** For the list of commands: bin/octo.js hands the words on before anything here reads them. */
export default class Tentacle extends Command {
  static override summary = 'The agent of a machine: tentacle help tells its commands.';
  static override description = `The same as the program tentacle, whose command line is its own: --option=value, --option value and /option:value.`;
  static override examples = [
    '<%= config.bin %> tentacle join octo-join-…',
    '<%= config.bin %> tentacle register-worker --instance Tentacle --server https://octo --apiKey API-… --workerpool Linux',
    '<%= config.bin %> tentacle agent --instance Tentacle --noninteractive',
  ];
  static override strict = false;

  async run(): Promise<void> {
    const { tentacle } = await import('../tentacle/bin.ts');
    await tentacle(this.argv);
  }
}
