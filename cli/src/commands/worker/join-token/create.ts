import { type JoinToken, type WireJoinToken } from '@octo/api';
import { Flags } from '@oclif/core';
import { instantOf } from '../../../instants.ts';
import { connectionFlags, OctoCommand } from '../../../octo-command.ts';
import { idsOf } from '../../../resources/store.ts';
import { when } from '../../../table.ts';

export default class WorkerJoinTokenCreate extends OctoCommand {
  static override summary = 'Make a join token: one line that makes a machine a worker of these pools.';
  static override description =
    'The line is shown once. It carries the addresses and the thumbprint of the server and a secret of its own; no API key leaves this machine, and the key of the agent is born on the machine that joins. A token ends after its time, or when so many machines have joined.';
  static override examples = [
    '<%= config.bin %> worker join-token create --pool linux',
    '<%= config.bin %> worker join-token create --pool linux --count 20 --expires 1d \\\n    --server-url https://octo.example.com',
  ];
  static override flags = {
    ...connectionFlags,
    pool: Flags.string({
      char: 'p',
      description: 'worker pool, by name or id; may be repeated, or several with commas',
      multiple: true,
      delimiter: ',',
      required: true,
    }),
    policy: Flags.string({ description: 'machine policy, by name or id [default: the default policy]' }),
    expires: Flags.string({ description: 'until when: 30m, 1d, or 2026-12-31', default: '1h' }),
    name: Flags.string({ description: 'what it is called in the list [default: its pools]' }),
    count: Flags.integer({ description: 'how many machines may join', default: 1, min: 1 }),
    'server-url': Flags.string({
      description: 'address of the server as the machine reaches it; may be repeated [default: the one that octo uses]',
      multiple: true,
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(WorkerJoinTokenCreate);
    const Expires = instantOf(flags.expires, { flag: '--expires', sign: 1, nowMs: Date.now() });
    await using connection = await this.connect(flags);
    const { api } = connection;
    const [policy] = flags.policy === undefined ? [] : await idsOf(api, 'machinepolicies', [flags.policy]);
    const body = {
      WorkerPoolIds: await idsOf(api, 'workerpools', flags.pool),
      Expires,
      Count: flags.count,
      ...(policy !== undefined && { MachinePolicyId: policy }),
      ...(flags.name !== undefined && { Name: flags.name }),
      ...(flags['server-url'] && { ServerUrls: flags['server-url'] }),
    };
    const { ask: call, parseJoinToken } = await import('@octo/api');
    const path = '/api/octo/join-tokens';
    const signal = AbortSignal.timeout(60_000);
    const made = await call<WireJoinToken & { readonly Token: string }>(api, { method: 'POST', path, body }, signal);
    this.log(`tentacle join ${made.Token}`);
    const machines = made.Count === 1 ? 'one machine' : `${made.Count} machines`;
    this.logToStderr(`octo: ${made.Id} "${made.Name}" is for ${machines}, until ${when(made.Expires)}; shown only now`);
    const warning = warn(parseJoinToken(made.Token));
    if (warning !== undefined) this.logToStderr(`octo: ${warning}`);
    return made;
  }
}

function warn({ urls, commsPort }: JoinToken): string | undefined {
  const isLoopback = (url: string) => /^(localhost|127\..*|\[::1\])$/.test(new URL(url).hostname);
  if (urls.every(isLoopback)) return `it names ${urls.join(', ')}, which only this machine reaches; give --server-url`;
  return commsPort === undefined ? 'the server listens for no polling agents: only listening ones can join' : undefined;
}
