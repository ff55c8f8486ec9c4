import { expect, test } from 'vitest';
import { textBytes } from './bytes.ts';
import { launchOf } from './follow-script.ts';
import { type ContractCase, limit, newTicket } from './transport-case.ts';

/** The part of `transportContract` that is about what a launch brings along. */
export function launchCases<E>(at: ContractCase<E>): void {
  at.promised('secret files')(
    'a secret file is for its owner alone, and what the body unlinks is readable nowhere (R243)',
    async () => {
      const files = [{ name: 'keys', content: textBytes('planted-value'), secret: true }];
      const { texts } = await at.run(
        `ls -l keys | cut -c1-10; exec 9<keys; rm keys; read -r value <&9; exec 9<&-
       echo "\${#value}"; grep -rls planted-val[u]e . .. /proc/self/fd/ /proc/self/environ /proc/$$/cmdline; echo done`,
        { files },
      );
      expect(texts).toEqual(['-rw-------', '13', 'done']);
    },
  );

  test('files are in place before the body runs; arguments come as words; names stay inside', async () => {
    const files = [
      { name: 'a b.txt', content: textBytes('one') },
      { name: 'deep/er/c.txt', content: textBytes('two') },
    ];
    const more = { files, arguments: ['x y', `it's`, '$HOME'] };
    expect((await at.run(`cat 'a b.txt' deep/er/c.txt; echo; printf '%s|' "$@"`, more)).texts).toEqual([
      'onetwo',
      "x y|it's|$HOME|",
    ]);
    await using session = await at.open();
    const bad = { files: [{ name: '../../evil', content: textBytes('x') }] };
    await expect(session.start(newTicket(), launchOf('true', bad), limit())).rejects.toThrow(/inside/);
  });
}
