import { examine, type Finding } from '../doctor.ts';
import { dataFolder } from '../connect.ts';
import { connectionFlags, OctoCommand } from '../octo-command.ts';
import { table } from '../table.ts';

export default class Doctor extends OctoCommand {
  static override summary = 'Check this machine and the data folder; each fault comes with its cure.';
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --json'];
  static override flags = connectionFlags;

  async run(): Promise<readonly Finding[]> {
    const { flags } = await this.parse(Doctor);
    const findings = await examine(dataFolder(flags.data), () => this.connect(flags));
    this.log(
      table(
        ['', 'what', 'found'],
        findings.map((f) => [f.verdict, f.what, f.found]),
      ),
    );
    for (const { what, cure } of findings) if (cure !== null) this.log(`\n${what}: ${cure}`);
    if (findings.some((f) => f.verdict === 'fail')) process.exitCode = 1;
    return findings;
  }
}
