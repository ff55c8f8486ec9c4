import { type ConnectionFlags, OctoCommand } from '../octo-command.ts';
import { pick } from '../pick.ts';
import { storeOf } from '../resources/store.ts';

/** `octo worker enable` and `disable`. */
export abstract class SwitchCommand extends OctoCommand {
  protected async switch(names: readonly string[], isDisabled: boolean, flags: ConnectionFlags): Promise<unknown> {
    await using connection = await this.connect(flags);
    const store = await storeOf(connection.api, 'workers');
    const all = await store.all();
    const found = names.map((name) => pick(all, name, store.what));
    const after = [];
    for (const worker of found) {
      after.push(await store.update(worker.Id, { ...worker, IsDisabled: isDisabled }));
      this.done(`${worker.Name} ${isDisabled ? 'takes no more work' : 'takes work'}`);
    }
    return after;
  }
}
