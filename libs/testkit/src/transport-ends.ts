import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isRunning, launchOf, readToEnd, readUntil, textsOf, untilLines, word } from './follow-script.ts';
import { type ContractCase, limit, newTicket, untilFile } from './transport-case.ts';

/** The part of `transportContract` that is about how a ticket ends, and what goes on without its session. */
export function endCases<E>(at: ContractCase<E>): void {
  at.promised('end of a tree is seen')(
    'cancel ends the whole tree, children that ignore SIGTERM or left the session too (R153)',
    async () => {
      await using session = await at.open();
      const ticket = newTicket();
      const pids = join(at.dir, `${ticket}.pids`);
      const stubborn = `trap '' TERM; echo $$ >> '${pids}'; while :; do sleep 0.2; done`;
      await session.start(
        ticket,
        launchOf(`bash -c ${word(stubborn)} & (setsid bash -c ${word(stubborn)} &) ; echo up; wait; sleep 60`),
        limit(),
      );
      await session.status({ ticket }, { after: '', waitMs: 5_000 }, limit());
      const children = await untilLines(pids, 2);
      await session.cancel({ ticket }, limit());
      await session.cancel({ ticket }, limit());
      const { last } = await readToEnd(session, ticket);
      expect(last.end).toBe('stopped');
      expect(children.map(Number).filter(isRunning)).toEqual([]);
      await session.complete({ ticket }, last.next, limit());
    },
  );

  at.promised('early cancel')('a ticket that is cancelled before it was started never starts', async () => {
    await using session = await at.open();
    const ticket = newTicket();
    await session.cancel({ ticket }, limit()); // unknown: quiet
    const exclusive = { exclusive: true, mutex: newTicket() };
    const holder = newTicket();
    await session.start(holder, launchOf('sleep 30', { isolation: exclusive }), limit());
    await session.start(ticket, launchOf(`echo ran > '${join(at.dir, ticket)}'`, { isolation: exclusive }), limit());
    await session.cancel({ ticket }, limit());
    const { last } = await readToEnd(session, ticket);
    expect(last).toMatchObject({ end: 'unstarted', exitCode: -43 });
    const again = await session.start(ticket, launchOf(`echo ran > '${join(at.dir, ticket)}'`), limit());
    expect(again.state).toBe('Complete');
    await session.cancel({ ticket: holder }, limit());
    await readToEnd(session, holder);
    await expect(readFile(join(at.dir, ticket))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('an unknown ticket is Complete and surely never ran; completing it is quiet (R146)', async () => {
    await using session = await at.open();
    const status = await session.status({ ticket: newTicket() }, { after: '', waitMs: 0 }, limit());
    expect(status).toMatchObject({ state: 'Complete', end: 'unstarted', exitCode: -45 });
    expect(await session.complete({ ticket: newTicket() }, '', limit())).toEqual([]);
  });

  test('complete forgets the ticket and deletes its workspace (R145)', async () => {
    await using session = await at.open();
    const ticket = newTicket();
    await session.start(ticket, launchOf('pwd'), limit());
    const { texts, last } = await readToEnd(session, ticket);
    await session.complete({ ticket }, last.next, limit());
    await expect(readFile(join(texts[0] ?? '', 'Bootstrap.sh'))).rejects.toMatchObject({ code: 'ENOENT' });
    const status = await session.status({ ticket }, { after: '', waitMs: 0 }, limit());
    expect(status).toMatchObject({ state: 'Complete', end: 'unstarted' });
  });

  test('closing a session ends no script; the next one reads on', async () => {
    const ticket = newTicket();
    const go = join(at.dir, `${ticket}.go`);
    {
      await using session = await at.open();
      await session.start(ticket, launchOf(`echo first; ${untilFile(go)}; echo second`), limit());
    }
    await using session = await at.open();
    const first = await readUntil(session, ticket, 'first');
    await writeFile(go, '');
    const rest = await readToEnd(session, ticket, first.next);
    expect([...textsOf(first.lines), ...rest.texts]).toEqual(['first', 'second']);
    await session.complete({ ticket }, rest.last.next, limit());
  });

  at.promised('starts once')(
    'a new transport on the same machine side finds the script, its lines from the first, and its end (R144)',
    async () => {
      const ticket = newTicket();
      const go = join(at.dir, `${ticket}.go`);
      const launch = launchOf(
        `echo ran >> '${join(at.dir, ticket)}'; echo first; ${untilFile(go)}; echo second; exit 3`,
      );
      await using session = await at.open();
      await session.start(ticket, launch, limit());
      const first = await session.status({ ticket }, { after: '', waitMs: 15_000 }, limit());

      const other = await at.under.reopen();
      try {
        await using again = await other.open(at.under.opening, limit());
        await writeFile(go, '');
        const rest = await readToEnd(again, ticket, first.next);
        expect(rest.texts).toEqual(['second']);
        expect(rest.last).toMatchObject({ end: 'exited', exitCode: 3 });
        const all = await readToEnd(again, ticket);
        expect(all.lines.slice(0, first.lines.length)).toEqual(first.lines);
        await again.start(ticket, launch, limit());
        expect(await readFile(join(at.dir, ticket), 'utf8')).toBe('ran\n');
        await again.complete({ ticket }, all.last.next, limit());
      } finally {
        await other[Symbol.asyncDispose]?.();
      }
    },
  );
}
