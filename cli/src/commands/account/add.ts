import { Args } from '@oclif/core';
import { ACCOUNT_KINDS, accountFlags, accountKind, accountMembers } from '../../account/types.ts';
import { ask } from '../../ask.ts';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { storeOf } from '../../resources/store.ts';

const WORDS = ACCOUNT_KINDS.map((it) => it.word);

export default class AccountAdd extends OctoCommand {
  static override summary = 'Add an account. Secrets come from a file, from stdin (-) or from a question.';
  static override examples = [
    '<%= config.bin %> account add ssh-key deploy-key --username deploy --private-key-file id_ed25519',
    'pass show db | <%= config.bin %> account add username db --username octo --password-file -',
  ];
  static override args = {
    type: Args.string({ description: WORDS.join(', ') }),
    name: Args.string({ description: 'what it is called' }),
  };
  static override flags = { ...connectionFlags, ...accountFlags };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(AccountAdd);
    const kind = accountKind(args.type ?? (await ask.choice('type', WORDS, { flag: 'a type' })));
    const Name = args.name ?? (await ask.text('name of the account', { flag: 'NAME' }));
    const members = await accountMembers(kind, flags, true);
    await using connection = await this.connect(flags);
    const store = await storeOf(connection.api, 'accounts');
    const account = await store.create({ ...members, Name, AccountType: kind.type });
    this.done(`${account.Id} ${account.Name} was added`);
    return account;
  }
}
