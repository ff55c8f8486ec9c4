import { type OctoApi, type WireResource, type WorkerStyle } from '@octo/api';
import { InputError } from '@octo/kernel';
import { Args, Flags } from '@oclif/core';
import { ask, canAsk } from '../../ask.ts';
import { type Connection } from '../../connect.ts';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { idsOf, storeOf } from '../../resources/store.ts';
import { awaitCheck, startCheck } from '../../worker/check.ts';
import { endpointOf } from '../../worker/endpoint.ts';
import { STYLE_HELP } from '../../worker/help-word.ts';
import { showStyleHelp } from '../../worker/style-help.ts';
import { styleFlags, styleOf } from '../../worker/style-flags.ts';
import { peekConnection, stylesOf } from '../../worker/styles.ts';

const args = {
  style: Args.string({ description: 'how it is reached: listening, polling, ssh, or what a plugin brings' }),
  name: Args.string({ description: 'what it is called; or --name' }),
};
const flags = {
  ...connectionFlags,
  name: Flags.string({ description: 'what it is called' }),
  pool: Flags.string({
    char: 'p',
    description: 'worker pool, by name or id; may be repeated, or several with commas',
    multiple: true,
    delimiter: ',',
  }),
  policy: Flags.string({ description: 'machine policy, by name or id [default: the default policy]' }),
  disabled: Flags.boolean({ description: 'add it, but let it take no work', default: false }),
  'skip-check': Flags.boolean({ description: 'no health check at once', default: false, exclusive: ['wait'] }),
  wait: Flags.boolean({
    description: 'wait for the health check; exit code 0 only if it is healthy',
    default: false,
    exclusive: ['disabled'],
  }),
  accept: Flags.boolean({
    description: 'without a thumbprint: trust whatever answers at its address [default: ask on a terminal]',
    default: false,
  }),
  'from-ssh-config': Flags.boolean({
    description: 'ssh: host, port, user, key, ProxyJump and known host key as your ~/.ssh/config has them for its name',
    default: false,
  }),
  'ssh-config': Flags.string({
    description: 'ssh: this file instead of ~/.ssh/config',
    dependsOn: ['from-ssh-config'],
  }),
  set: Flags.string({ description: 'any member of its endpoint, as Path=value', multiple: true }),
};

interface SshFlags {
  readonly 'ssh-config'?: string | undefined;
}

export default class WorkerAdd extends OctoCommand {
  static override summary = 'Add a worker. What its endpoint needs depends on the style: octo worker add ssh --help.';
  static override description = 'On a terminal octo asks for what is missing; elsewhere the error names the flag.';
  static override examples = [
    '<%= config.bin %> worker add listening web-1 --uri https://web-1:10933 \\\n    --thumbprint 4F2A… --pool linux-prod',
    '<%= config.bin %> worker add polling web-2 --uri poll://abc123/ --thumbprint 4F2A… --pool linux-prod',
    '<%= config.bin %> worker add ssh web-7 --from-ssh-config --pool linux-prod --wait',
    '<%= config.bin %> worker add ssh build-1 --host build-1 --account deploy-key \\\n    --pool build,linux --wait',
  ];
  static override args = args;
  static override flags = flags;

  async run(): Promise<unknown> {
    if (this.argv.includes(STYLE_HELP))
      return showStyleHelp('worker:add', this.config, this.argv, () => this.connect(peekConnection(this.argv)));
    await using connection = await this.connect(
      peekConnection(this.argv),
      this.argv.includes('--wait') ? 'run' : 'read',
    );
    const styles = await stylesOf(connection.api);
    const { baseFlags } = WorkerAdd;
    const own = styleFlags(styles);
    const given = await this.parse({ args, flags: { ...own, ...flags }, baseFlags, enableJsonFlag: true });
    const words = styles.map((it) => it.Word);
    const style = styleOf(styles, given.args.style ?? (await ask.choice('style', words, { flag: 'a style' })));
    const name =
      given.flags.name ?? given.args.name ?? (await ask.text('name of the worker', { flag: 'NAME or --name' }));
    const { api } = connection;
    const pools = await poolsOf(api, given.flags.pool ?? []);
    const policy = given.flags.policy === undefined ? [] : await idsOf(api, 'machinepolicies', [given.flags.policy]);
    const ofStyle = Object.fromEntries(Object.entries(given.flags).filter(([flag]) => flag in own && !(flag in flags)));
    const Endpoint = await endpointOf(api, style, {
      flags: given.flags['from-ssh-config'] ? await this.#asSsh(api, style, name, given.flags, ofStyle) : ofStyle,
      sets: given.flags.set ?? [],
      isAccepted: given.flags.accept,
    });
    const isLater = given.flags.wait || given.flags['skip-check'] || connection.kind === 'in-process';
    const worker = await (
      await storeOf(api, 'workers')
    ).create({
      Name: name,
      WorkerPoolIds: pools,
      ...(policy[0] !== undefined && { MachinePolicyId: policy[0] }),
      IsDisabled: given.flags.disabled,
      SkipInitialHealthCheck: isLater,
      Endpoint,
    });
    this.done(`${worker.Id} ${worker.Name} was added`);
    if (!style.IsSpoken) this.logToStderr(`octo: ${String(worker['StatusSummary'])}`);
    if (connection.kind === 'in-process' && !given.flags.wait && style.IsSpoken)
      this.logToStderr(`octo: no server runs, so it was not checked; octo worker check "${worker.Name}"`);
    return given.flags.wait ? await this.#waited(connection, worker) : worker; // before the connection goes
  }

  async #asSsh(
    api: OctoApi,
    style: WorkerStyle,
    name: string,
    flags: SshFlags,
    given: Readonly<Record<string, unknown>>,
  ) {
    if (style.Style !== 'Ssh')
      throw new InputError('OCTO_CLI_STYLE_FLAG', `--from-ssh-config is no flag of style ${style.Word}`, {
        hint: 'octo worker add ssh NAME --from-ssh-config',
      });
    const { flagsFromSshConfig } = await import('../../worker/from-ssh-config.ts');
    const texts = Object.entries(given).filter((it): it is [string, string] => typeof it[1] === 'string');
    const own = Object.fromEntries(texts);
    return flagsFromSshConfig(api, own['host'] ?? name, flags['ssh-config'] ?? '', own);
  }

  async #waited({ api }: Connection, worker: WireResource<'workers'>): Promise<unknown> {
    const task = await startCheck(api, [worker]);
    const { workers, areHealthy } = await awaitCheck(api, task, [worker], this.jsonEnabled());
    process.exitCode = areHealthy ? 0 : 1;
    const now = workers[0] ?? worker;
    this.done(`${now.Name} is ${String(now['HealthStatus'])}: ${String(now['StatusSummary'])}`);
    return now;
  }
}

async function poolsOf(api: OctoApi, wanted: readonly string[]): Promise<readonly string[]> {
  const flag = '--pool';
  if (wanted.length > 0) return idsOf(api, 'workerpools', wanted);
  const names = canAsk() ? (await (await storeOf(api, 'workerpools')).all()).map((it) => it.Name) : [];
  return idsOf(api, 'workerpools', [await ask.choice('worker pool', names, { flag })]);
}
