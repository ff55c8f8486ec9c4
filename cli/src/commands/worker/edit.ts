import { type WireResource, type WorkerInput } from '@octo/api';
import { Args, Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { idsOf, storeOf } from '../../resources/store.ts';
import { endpointOf } from '../../worker/endpoint.ts';
import { styleFlags, styleOf } from '../../worker/style-flags.ts';
import { STYLE_HELP } from '../../worker/help-word.ts';
import { showStyleHelp } from '../../worker/style-help.ts';
import { peekConnection, stylesOf } from '../../worker/styles.ts';

const several = { multiple: true, delimiter: ',' } as const;
const args = { worker: Args.string({ description: 'name or id', required: true }) };
const flags = {
  ...connectionFlags,
  rename: Flags.string({ description: 'its new name' }),
  pool: Flags.string({ char: 'p', description: 'its pools from now on, and no others', ...several }),
  'add-pool': Flags.string({ description: 'one more pool', ...several }),
  'remove-pool': Flags.string({ description: 'a pool that it leaves', ...several }),
  policy: Flags.string({ description: 'machine policy, by name or id' }),
  set: Flags.string({ description: 'any member of its endpoint, as Path=value', multiple: true }),
};

export default class WorkerEdit extends OctoCommand {
  static override summary = 'Change a worker; what no flag names stays as it is.';
  static override examples = [
    '<%= config.bin %> worker edit web-1 --rename web-01 --add-pool linux-prod',
    '<%= config.bin %> worker edit build-1 --host build-1.example.com --port 2222',
  ];
  static override args = args;
  static override flags = flags;

  async run(): Promise<unknown> {
    const at = peekConnection(this.argv);
    if (this.argv.includes(STYLE_HELP))
      return showStyleHelp('worker:edit', this.config, this.argv, () => this.connect(at));
    await using connection = await this.connect(at);
    const { api } = connection;
    const styles = await stylesOf(api);
    const own = styleFlags(styles);
    const { baseFlags } = WorkerEdit;
    const given = await this.parse({ args, flags: { ...own, ...flags }, baseFlags, enableJsonFlag: true });
    const store = await storeOf(api, 'workers');
    const before = await store.find(given.args.worker);
    const ofStyle = Object.fromEntries(Object.entries(given.flags).filter(([flag]) => flag in own && !(flag in flags)));
    const { set = [] } = given.flags;
    const isMoved = Object.keys(ofStyle).length > 0 || set.length > 0;
    const style = isMoved ? styleOf(styles, before.Endpoint.CommunicationStyle) : undefined;
    const { CommunicationStyle: _, ...endpoint } = before.Endpoint;
    const pools = await poolsAfter(before, given.flags, (names) => idsOf(api, 'workerpools', names));
    const policy = given.flags.policy === undefined ? [] : await idsOf(api, 'machinepolicies', [given.flags.policy]);
    const input: WorkerInput = {
      ...before,
      Name: given.flags.rename ?? before.Name,
      WorkerPoolIds: pools,
      ...(policy[0] !== undefined && { MachinePolicyId: policy[0] }),
      ...(style && { Endpoint: await endpointOf(api, style, { flags: ofStyle, sets: set }, endpoint) }),
    };
    const worker = await store.update(before.Id, input);
    this.done(`${worker.Id} ${worker.Name} was changed`);
    return worker;
  }
}

interface PoolFlags {
  readonly pool?: readonly string[] | undefined;
  readonly 'add-pool'?: readonly string[] | undefined;
  readonly 'remove-pool'?: readonly string[] | undefined;
}
async function poolsAfter(
  before: WireResource<'workers'>,
  { pool = [], 'add-pool': more = [], 'remove-pool': less = [] }: PoolFlags,
  ids: (names: readonly string[]) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const base = pool.length > 0 ? await ids(pool) : before.WorkerPoolIds;
  const gone = await ids(less);
  return [...new Set([...base, ...(await ids(more))])].filter((id) => !gone.includes(id));
}
