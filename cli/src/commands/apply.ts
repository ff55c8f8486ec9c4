import { InputError } from '@octo/kernel';
import { Flags } from '@oclif/core';
import { dirname } from 'node:path';
import { carryOut, expectSecrets, readCurrent } from '../apply/carry-out.ts';
import { type Change } from '../apply/model.ts';
import { planChanges, planText } from '../apply/plan.ts';
import { readDocument } from '../apply/read.ts';
import { ask } from '../ask.ts';
import { KIND_WORDS } from '../resources/store.ts';
import { connectionFlags, OctoCommand } from '../octo-command.ts';
import { readText } from '../variables.ts';
import { stylesOf } from '../worker/styles.ts';

const WORDS = { add: 'added', change: 'changed', remove: 'removed' } as const;

export default class Apply extends OctoCommand {
  static override summary = 'Make pools, policies, proxies, accounts and workers what a YAML file says.';
  static override description = `The plan is printed first. What the file does not name stays as it is, unless --prune.

A file, whose lists may be left out (more in examples/apply/workers.yaml):

pools: [{ name: linux-prod, description: Production }]
policies: [{ name: relaxed, connect-timeout: 2m, health-interval: never }]
proxies: [{ name: dmz, host: proxy, port: 3128, password: { env: NAME } }]
accounts: [{ name: key, type: token, token: { file: ./token } }]
workers:
- { name: b1, style: ssh, pools: [linux-prod], endpoint: { host: b1 } }`;
  static override examples = [
    '<%= config.bin %> apply --file workers.yaml --plan',
    '<%= config.bin %> apply --file workers.yaml --prune --yes',
  ];
  static override flags = {
    ...connectionFlags,
    file: Flags.string({ char: 'f', description: 'the YAML file', required: true }),
    plan: Flags.boolean({ aliases: ['dry-run'], description: 'print the plan and change nothing', default: false }),
    prune: Flags.boolean({
      description: 'remove what the file does not name, of the kinds that it has a list of',
      default: false,
    }),
    'renew-secrets': Flags.boolean({ description: 'write secrets anew, for nobody can compare them', default: false }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask before something is removed', default: false }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Apply);
    const content = await parseYaml(await readText(flags.file), flags.file);
    await using connection = await this.connect(flags);
    const { api, kind } = connection;
    const document = readDocument(content, flags.file, await stylesOf(api));
    const options = { prune: flags.prune, renewSecrets: flags['renew-secrets'] };
    const changes = planChanges(document, await readCurrent(api), options);
    this.log(planText(changes));
    const result = { changes: changes.map(told), isApplied: !flags.plan };
    if (flags.plan || changes.length === 0) return result;
    const gone = changes.filter((it) => it.action === 'remove').length;
    if (gone > 0 && !flags.yes && !(await ask.confirm(`Remove ${gone}?`, { flag: '--yes' })))
      return { ...result, isApplied: false };
    const place = { api, folder: dirname(flags.file), env: process.env, checks: kind === 'server' };
    await expectSecrets(changes, place);
    for (const [n, change] of changes.entries()) {
      await carryOut(change, place).catch((error: unknown) => {
        this.logToStderr(`octo: ${n} of ${changes.length} changes were made; then ${change.name} failed`);
        throw error;
      });
      this.logToStderr(`${KIND_WORDS[change.kind]} ${change.name} was ${WORDS[change.action]}`);
    }
    return result;
  }
}

function told({ action, kind, name, differences }: Change) {
  return { action, kind, name, differences };
}

/** With the first file: no other command pays for YAML. */
async function parseYaml(text: string, file: string): Promise<unknown> {
  const { parse } = await import('yaml');
  try {
    return parse(text) as unknown;
  } catch (cause) {
    const why = (cause as Error).message.split('\n')[0];
    throw new InputError('OCTO_CLI_APPLY', `${file} is not YAML: ${why}`, { cause });
  }
}
