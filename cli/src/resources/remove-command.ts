import { type ResourceKind } from '@octo/api';
import { Args, Flags } from '@oclif/core';
import { type ConnectionFlags, connectionFlags, OctoCommand } from '../octo-command.ts';
import { removeNamed, storeOf } from './store.ts';

export const manyArg = (what: string) => ({
  names: Args.string({ description: `${what}, by name or id`, required: true, multiple: true }),
});
export const removeFlags = {
  ...connectionFlags,
  yes: Flags.boolean({ char: 'y', description: 'do not ask', default: false }),
};

/** What `octo <kind> remove NAME…` does for every kind. */
export abstract class RemoveCommand extends OctoCommand {
  protected async remove(
    kind: ResourceKind,
    names: readonly string[],
    flags: ConnectionFlags & { readonly yes: boolean },
  ): Promise<unknown> {
    await using connection = await this.connect(flags);
    const gone = await removeNamed(await storeOf(connection.api, kind), names, flags.yes);
    if (!gone) this.logToStderr('octo: nothing was removed');
    for (const { Id, Name } of gone ?? []) this.done(`${Id} ${Name} was removed`);
    return gone ?? [];
  }
}
