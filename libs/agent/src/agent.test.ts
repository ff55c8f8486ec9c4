import { type Launch } from '@octo/kernel';
import { eventually, isRunning, launchOf, readToEnd, textBytes, untilLines } from '@octo/testkit';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AgentHome } from './agent.fixture.ts';
import { type Agent } from './agent.ts';

const DAY_MS = 24 * 3_600_000;
let home: AgentHome;
let tickets = 0;
const newTicket = () => `t${++tickets}`;
const limit = () => AbortSignal.timeout(15_000);
const run = async (agent: Agent, bash: string, more: Partial<Launch> = {}, ticket = newTicket()) => {
  await agent.start(ticket, launchOf(bash, more), limit());
  return readToEnd(agent, ticket);
};

beforeEach(() => {
  home = new AgentHome();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await home.close();
});

describe('a script’s surroundings', () => {
  test('its environment is made from nothing: no secret of this process gets in (R243)', async () => {
    vi.stubEnv('OCTO_API_KEY', 'planted-key');
    const agent = home.open({ environment: { TentacleHome: '/th' } });
    const { texts } = await run(agent, 'env', {}, 'env1');
    const names = texts.map((t) => t.split('=')[0]).sort();
    expect(texts.join()).not.toContain('planted-key');
    expect(names).toEqual(
      'HOME LANG LC_ALL LOGNAME OCTO_TICKET PATH PWD SHELL SHLVL TEMP TMP TMPDIR TentacleHome USER _'.split(' '),
    );
    expect(texts).toContain(`HOME=${home.inWork('env1', 'home')}`);
    expect(texts).toContain(`TMPDIR=${home.inWork('env1', 'tmp')}`);
    expect(texts).toContain('OCTO_TICKET=env1');
  });

  test('no process list shows what the launch holds; arguments come as words', async () => {
    const { texts } = await run(
      home.open(),
      `# planted-body
       printf '%s|' "$@"; echo
       grep -la planted-bod[y] /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; echo done`,
      { arguments: ['a b', "it's", '$(id)', '', 'two\nlines'] },
    );
    expect(texts).toEqual(["a b|it's|$(id)||two", 'lines|', 'done']);
  });

  test('its folders are its owner’s alone (R169)', async () => {
    await run(home.open(), 'true', {}, 'modes');
    const modes = ['', 'space', 'home', 'tmp'].map((name) => statSync(home.inWork('modes', name)).mode & 0o777);
    expect([statSync(home.root).mode & 0o777, ...modes]).toEqual([0o700, 0o700, 0o700, 0o700, 0o700]);
  });

  test('its input is empty, and no signal is ignored', async () => {
    const { texts } = await run(home.open(), 'cat; grep SigIgn /proc/self/status');
    expect(texts).toEqual(['SigIgn:\t0000000000000000']);
  });

  test('what is written to /dev/stdout and /dev/stderr by name stands in the log, all of it', async () => {
    const { lines, last } = await run(
      home.open(),
      `for n in 1 2 3; do echo out$n > /dev/stdout; echo err$n > /dev/stderr; echo also$n; done
       echo tee | tee /dev/stderr; exit 5`,
    );
    const by = (source: string) => lines.filter((l) => l.source === source).map((l) => l.text);
    expect(by('StdOut')).toEqual(['out1', 'also1', 'out2', 'also2', 'out3', 'also3', 'tee']);
    expect(by('StdErr')).toEqual(['err1', 'err2', 'err3', 'tee']);
    expect(last).toMatchObject({ end: 'exited', exitCode: 5 });
  });

  test('a script that signals its own group still leaves its exit code', async () => {
    const { last } = await run(home.open(), "trap '' TERM; kill -TERM 0; kill -INT 0 & wait; exit 6");
    expect(last).toMatchObject({ end: 'exited', exitCode: expect.any(Number) });
  });
});

describe('a start', () => {
  test('of one ticket by two agents at the same moment runs once, and both tell the same (R143)', async () => {
    for (let n = 0; n < 8; n++) {
      const [a, b] = [home.open(), home.open()];
      const ticket = newTicket();
      const witness = join(home.root, `witness-${ticket}`);
      const launch = launchOf(`echo ran >> '${witness}'; seq 1 50`);
      await Promise.all([a.start(ticket, launch, limit()), b.start(ticket, launch, limit())]);
      const [seenA, seenB] = await Promise.all([readToEnd(a, ticket), readToEnd(b, ticket)]);
      expect(seenA.lines).toEqual(seenB.lines);
      expect(seenA.texts).toHaveLength(50);
      expect(readFileSync(witness, 'utf8')).toBe('ran\n');
    }
  });

  test('whose first caller gives up goes on for the second', async () => {
    const agent = home.open();
    const stop = new AbortController();
    const ticket = newTicket();
    const hanging = {
      ...textBytes('12345'),
      async *open() {
        stop.abort(new Error('gave up'));
        await new Promise(() => {});
        yield new Uint8Array();
      },
    };
    const first = agent.start(ticket, launchOf('true', { files: [{ name: 'f', content: hanging }] }), stop.signal);
    const second = agent.start(
      ticket,
      launchOf('cat f', { files: [{ name: 'f', content: textBytes('ok') }] }),
      limit(),
    );
    await expect(first).rejects.toThrow('gave up');
    await second;
    expect((await readToEnd(agent, ticket)).texts).toEqual(['ok']);
  });

  test('does not run when the cancel was quicker, even before the ticket was known', async () => {
    const agent = home.open();
    await agent.cancel({ ticket: 'early' });
    const { witness } = home;
    const status = await agent.start('early', launchOf(`echo ran > '${witness}'`), limit());
    expect(status).toMatchObject({ state: 'Complete', end: 'unstarted', exitCode: -43 });
    const after = await home.open().start('early', launchOf(`echo ran > '${witness}'`), limit());
    expect(after).toMatchObject({ state: 'Complete', end: 'unstarted', exitCode: -43 });
    expect(existsSync(witness)).toBe(false);
  });

  test('does not run when the cancel comes while its files are being laid', async () => {
    const agent = home.open();
    const stuck = {
      ...textBytes('12345'),
      async *open() {
        await new Promise(() => {});
        yield new Uint8Array();
      },
    };
    const launch = launchOf('echo ran', { files: [{ name: 'f', content: stuck }] });
    const starting = agent.start('slow', launch, limit());
    await eventually('its draft is there', () => home.tickets().length > 0);
    await agent.cancel({ ticket: 'slow' });
    expect(await starting).toMatchObject({ state: 'Complete', end: 'unstarted', exitCode: -43, lines: [] });
    expect(home.tickets()).toEqual(['slow']);
  });

  test('without a shell says that it never ran', async () => {
    vi.stubEnv('PATH', home.root);
    const agent = home.open();
    expect((await agent.capabilities('x')).shells).toEqual([]);
    const { last } = await run(agent, 'true');
    expect(last).toMatchObject({ end: 'unstarted', exitCode: -42 });
  });
});

describe('a cancel', () => {
  test('finds children that left the session, the parent, or the environment behind (R153)', async () => {
    const agent = home.open();
    const pids = join(home.root, 'pids');
    const ticket = newTicket();
    await agent.start(
      ticket,
      launchOf(`
        setsid sleep 311 & echo $! >> '${pids}'
        (env -i /bin/sh -c 'echo $$ >> "${pids}"; exec sleep 312' &)
        (setsid bash -c 'trap "" TERM; echo $$ >> "${pids}"; while :; do sleep 0.1; done' &)
        wait; sleep 313`),
      limit(),
    );
    const children = (await untilLines(pids, 3)).map(Number);
    await agent.cancel({ ticket });
    const { last } = await readToEnd(agent, ticket);
    expect(last.end).toBe('stopped');
    expect(children.filter(isRunning)).toEqual([]);
  });

  test('lets a script tidy up, and what it says then stands in the log', async () => {
    const agent = home.open({ graceMs: 5_000 });
    const ticket = newTicket();
    await agent.start(ticket, launchOf(`trap 'echo tidy; exit 9' TERM; echo up; sleep 60 & wait`), limit());
    await agent.status({ ticket }, { after: '', waitMs: 5_000 }, limit());
    await agent.cancel({ ticket });
    const { texts, last } = await readToEnd(agent, ticket);
    expect(texts).toEqual(['up', 'tidy']);
    expect(last.end).toBe('stopped');
  });

  test('after the script has ended by itself changes nothing', async () => {
    const agent = home.open();
    const ticket = newTicket();
    const { last } = await run(agent, 'exit 4', {}, ticket);
    await agent.cancel({ ticket });
    expect((await readToEnd(agent, ticket)).last).toEqual(last);
    expect((await readToEnd(home.open(), ticket)).last).toMatchObject({ end: 'exited', exitCode: 4 });
  });

  test('that a stop of the agent interrupts is taken up again by the next', async () => {
    const first = home.open({ graceMs: 60_000 });
    const ticket = newTicket();
    const pids = join(home.root, 'pids');
    await first.start(ticket, launchOf(`trap '' TERM; echo $$ > '${pids}'; while :; do sleep 0.1; done`), limit());
    const [pid] = await untilLines(pids, 1);
    await first.cancel({ ticket });
    await eventually('it is noted', () => existsSync(home.inWork(ticket, 'cancel')));
    await first[Symbol.asyncDispose]();
    expect(isRunning(Number(pid))).toBe(true);
    const { last } = await readToEnd(home.open(), ticket);
    expect(last.end).toBe('stopped');
    expect(isRunning(Number(pid))).toBe(false);
  });
});

describe('complete', () => {
  test('ends what still runs, and answers those who wait for news', async () => {
    const agent = home.open();
    const ticket = newTicket();
    const pids = join(home.root, 'pids');
    await agent.start(ticket, launchOf(`echo $$ > '${pids}'; sleep 60`), limit());
    const [pid] = await untilLines(pids, 1);
    const waiting = agent.status({ ticket }, { after: '', waitMs: 14_000 }, limit());
    await agent.complete({ ticket });
    expect(await waiting).toMatchObject({ state: 'Complete' });
    expect(isRunning(Number(pid))).toBe(false);
    expect(existsSync(home.inWork(ticket))).toBe(false);
  });

  test('deletes what a script has left, however much', async () => {
    const agent = home.open();
    const ticket = newTicket();
    await run(agent, 'mkdir -p a/b/c; for n in $(seq 1 100); do : > a/b/c/$n; done; chmod 500 a/b/c', {}, ticket);
    await agent.complete({ ticket });
    expect(home.tickets()).toEqual([]);
  });
});

describe('what is left behind', () => {
  test('is deleted after a day; what runs or waits is not (R150)', async () => {
    const clock = { now: () => Date.now() + 2 * DAY_MS };
    const agent = home.open();
    const ended = newTicket();
    const running = newTicket();
    const isolation = { exclusive: true, mutex: 'm' };
    await run(agent, 'true', {}, ended);
    await agent.start(running, launchOf('sleep 60', { isolation }), limit());
    await eventually('it runs', () => existsSync(home.inWork(running, 'started')));
    expect(await agent.clean()).toBe(0);
    const later = home.open({ clock });
    expect(await later.clean()).toBeLessThanOrEqual(1); // its own first cleaning may have been quicker
    expect(home.tickets()).toEqual([running]);
  });

  test('holds no secret file once the ticket has ended (R243)', async () => {
    const files = [{ name: 'in/secret', content: textBytes('planted'), secret: true }];
    const agent = home.open();
    await run(agent, 'echo the body forgot it', { files }, 'a');
    const isolation = { exclusive: true, mutex: 'm' };
    await agent.start('holder', launchOf('sleep 60', { isolation }), limit());
    await agent.start('b', launchOf('true', { files, isolation }), limit());
    expect(existsSync(home.inWork('b', 'space/in/secret'))).toBe(true);
    await agent.cancel({ ticket: 'b' });
    await readToEnd(agent, 'b');
    expect(['a', 'b'].filter((t) => existsSync(home.inWork(t, 'space/in/secret')))).toEqual([]);
  });
});

test('a closed agent says so, also to those who wait; its scripts go on', async () => {
  const agent = home.open();
  const ticket = newTicket();
  const go = join(home.root, 'go');
  await agent.start(ticket, launchOf(`while [ ! -e '${go}' ]; do sleep 0.02; done; echo went on`), limit());
  const waiting = agent.status({ ticket }, { after: '', waitMs: 14_000 }, limit());
  await agent[Symbol.asyncDispose]();
  await expect(waiting).rejects.toMatchObject({ code: 'OCTO_TRANSPORT_CLOSED', started: 'maybe' });
  await expect(agent.start('x', launchOf('true'), limit())).rejects.toMatchObject({ code: 'OCTO_TRANSPORT_CLOSED' });
  rmSync(go, { force: true });
  mkdirSync(go);
  expect((await readToEnd(home.open(), ticket)).texts).toEqual(['went on']);
});
