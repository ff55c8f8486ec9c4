import { type OctoApi, type StrayResource } from '@octo/api';
import { Args } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { paths } from '../../resources/show.ts';
import { facts, when } from '../../table.ts';
import { capabilityFacts } from '../../worker/capability-facts.ts';
import { ago, statusWord, strayText } from '../../worker/condition-table.ts';

export default class WorkerShow extends OctoCommand {
  static override summary = 'Show one worker, by name or id; "built-in" shows the built-in one.';
  static override examples = ['<%= config.bin %> worker show web-7', '<%= config.bin %> worker show built-in'];
  static override args = { worker: Args.string({ description: 'name or id', required: true }) };
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(WorkerShow);
    await using connection = await this.connect(flags);
    const signal = AbortSignal.timeout(60_000);
    const builtIn = await connection.api.builtInWorkers(signal);
    const own = builtIn.find((b) =>
      ['built-in', b.id, b.name, b.nodeId].some((w) => w.toLowerCase() === args.worker.toLowerCase()),
    );
    if (own) {
      this.log(
        facts([
          ['Worker', own.name],
          ['Node', `${own.nodeId} (${own.nodeKind})`],
          ['Switch', own.isEnabled ? 'on' : 'off'],
          ['In use', `${own.isUsed ? 'yes' : 'no'}: ${own.because}`],
          ['Leases', own.activeLeases],
          ...strayRows(own.strays, 'built-in'),
        ]),
      );
      return own;
    }
    const shown = await lookAt(connection.api, args.worker, signal);
    this.log(facts(shown.rows));
    return shown.result;
  }
}

type Rows = Parameters<typeof facts>[0];

/** What was abandoned there is a warning until it is seen dead (R159). */
function strayRows(strays: readonly StrayResource[], name: string): Rows {
  if (strays.length === 0) return [];
  const rest = strays.some((it) => it.isExclusive) ? 'it takes no work until then' : 'it takes work meanwhile';
  return [
    ...strays.map((it) => ['May run', strayText(it, Date.now())] as const),
    ['', `looked for at each check; ${rest}; if you have seen that nothing is left: octo worker clear ${name}`],
  ];
}

/** What is known of a worker, for people and for --json. */
async function lookAt(
  api: OctoApi,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly rows: Rows; readonly result: unknown }> {
  const worker = await api.worker(name, signal);
  const pools = await api.pools(signal);
  const seen = await seenAt(api, worker.id, signal);
  const [condition] = (await api.workerConditions({}, signal)).filter((it) => it.id === worker.id);
  const policies = await namesOf(api, 'machinepolicies', signal);
  const { communicationStyle: _, ...endpoint } = worker.endpoint;
  const rows: Rows = [
    ['Worker', `${worker.name} (${worker.id})`],
    ['Status', statusWord({ ...worker, condition })],
    ['', worker.statusSummary],
    ['No work', condition?.quarantinedUntil ? condition.unfitBecause : undefined],
    ...strayRows(condition?.strays ?? [], worker.name),
    ['Leases', condition?.activeLeases],
    ['Checked', condition ? ago(condition.lastChecked, Date.now()) : undefined],
    ['Away since', condition?.unavailableSince ? when(condition.unavailableSince) : undefined],
    ['Style', worker.endpoint.communicationStyle],
    ['Pools', worker.workerPoolIds.map((id) => pools.find((it) => it.id === id)?.name ?? id).join(', ')],
    ['Policy', policies.get(worker.machinePolicyId) ?? worker.machinePolicyId],
    ...seen,
    ...paths(await withNames(api, endpoint, signal)),
    ...capabilityFacts(condition?.capabilities ?? {}),
  ];
  return { rows, result: { ...worker, condition } };
}

type Kind = 'machinepolicies' | 'accounts' | 'proxies';
async function namesOf(api: OctoApi, kind: Kind, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const { resources } = await import('@octo/api');
  const all = await resources(api, kind)
    .list(signal)
    .catch(() => []); // who may see workers may not see these
  return new Map(all.map((it) => [it.Id, it.Name]));
}

/** Members of an endpoint that name something else by its id. */
const REFERENCES: Readonly<Record<string, Kind>> = {
  AccountId: 'accounts',
  JumpAccountId: 'accounts',
  ProxyId: 'proxies',
};

/** `deploy (Accounts-1)` where an endpoint says `Accounts-1`. */
async function withNames(api: OctoApi, endpoint: Readonly<Record<string, unknown>>, signal: AbortSignal) {
  const shown: Record<string, unknown> = { ...endpoint };
  for (const [member, kind] of Object.entries(REFERENCES)) {
    const id = endpoint[member];
    if (typeof id !== 'string' || id === '') continue;
    const name = (await namesOf(api, kind, signal)).get(id);
    if (name !== undefined) shown[member] = `${name} (${id})`;
  }
  return shown;
}

interface WireConnection {
  readonly Connections: readonly { readonly NodeId: string; readonly Since: string }[];
  readonly LastSeen: string | null;
}
/** Of a worker that calls the server; nothing of one that never has. */
async function seenAt(api: OctoApi, id: string, signal: AbortSignal): Promise<readonly [string, string][]> {
  const { ask: call } = await import('@octo/api');
  const path = `/api/workers/${id}/connection`;
  const { Connections, LastSeen } = await call<WireConnection>(api, { method: 'GET', path }, signal);
  if (Connections.length > 0)
    return [['Connected', Connections.map((it) => `to ${it.NodeId} since ${when(it.Since)}`).join(', ')]];
  return LastSeen === null ? [] : [['Connected', `no; last seen ${when(LastSeen)}`]];
}
