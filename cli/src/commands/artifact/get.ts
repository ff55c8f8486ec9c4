import { Args, Flags } from '@oclif/core';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';

export default class ArtifactGet extends OctoCommand {
  static override summary = 'Write an artifact to stdout or to a file.';
  static override examples = ['<%= config.bin %> artifact get Artifacts-3 --output report.txt'];
  static override args = { id: Args.string({ description: 'id of the artifact, or its number', required: true }) };
  static override flags = { ...connectionFlags, output: Flags.string({ char: 'o', description: 'file to write' }) };
  static override enableJsonFlag = false;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ArtifactGet);
    await using connection = await this.connect(flags);
    const id = /^\d+$/.test(args.id) ? `Artifacts-${args.id}` : args.id;
    const bytes = connection.api.artifact(id, new AbortController().signal);
    if (flags.output === undefined) await pipeline(bytes, process.stdout, { end: false });
    else await pipeline(bytes, createWriteStream(flags.output, { mode: 0o600 }));
  }
}
