import { ask, type OctoApi } from '@octo/api';
import { Args } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';

export default class WorkerClear extends OctoCommand {
  static override summary = 'Say that nothing runs on a worker any more of the scripts that were abandoned there.';
  static override description =
    'A check takes that warning off by itself once the machine says that all is dead. Where it cannot know, you can.';
  static override examples = ['<%= config.bin %> worker clear web-7', '<%= config.bin %> worker clear built-in'];
  static override args = { worker: Args.string({ description: 'name or id', required: true }) };
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(WorkerClear);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const signal = AbortSignal.timeout(60_000);
    const { id, name, strays } = await find(api, args.worker, signal);
    if (strays.length > 0) await ask(api, { method: 'DELETE', path: `/api/octo/workers/${id}/strays` }, signal);
    const tasks = strays.map((it) => it.taskId).join(', ');
    this.done(strays.length === 0 ? `Nothing was abandoned on ${name}` : `${name} is flagged no more for ${tasks}`);
    return { id, name, cleared: strays };
  }
}

async function find(api: OctoApi, name: string, signal: AbortSignal) {
  const builtIn = await api.builtInWorkers(signal);
  const own = builtIn.find((it) => ['built-in', it.id, it.nodeId].some((w) => w.toLowerCase() === name.toLowerCase()));
  if (own) return own;
  const worker = await api.worker(name, signal);
  const condition = (await api.workerConditions({}, signal)).find((it) => it.id === worker.id);
  return { id: worker.id, name: worker.name, strays: condition?.strays ?? [] };
}
