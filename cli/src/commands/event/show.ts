import { type WireEvent } from '@octo/api';
import { Args } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { segment } from '../../people.ts';
import { facts, table } from '../../table.ts';

export default class EventShow extends OctoCommand {
  static override summary = 'Show an event: who, when, by what, and each difference it made.';
  static override examples = ['<%= config.bin %> event show Events-12', '<%= config.bin %> event show 12 --json'];
  static override args = { id: Args.string({ description: 'id or number of the event', required: true }) };
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(EventShow);
    await using connection = await this.connect(flags);
    const { get } = await import('@octo/api');
    const id = /^\d+$/.test(args.id) ? `Events-${args.id}` : args.id;
    const event = await get<WireEvent>(connection.api, `/api/events/${segment(id)}`, AbortSignal.timeout(60_000));
    this.log(
      facts([
        ['id', event.Id],
        ['occurred', event.Occurred],
        ['category', event.Category],
        ['message', event.Message],
        ['user', event.Username],
        ['signed in by', event.IdentityEstablishedWith],
        ['client', event.UserAgent],
        ['address', event.IpAddress],
        ['space', event.SpaceId],
        ['regarding', event.RelatedDocumentIds.join(', ')],
      ]),
    );
    const rows = event.ChangeDetails.Differences.map((it) => [it.Path, shown(it.Before), shown(it.After)]);
    if (rows.length > 0) this.log(`\n${table(['what', 'before', 'after'], rows)}`);
    return event;
  }
}
function shown(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
