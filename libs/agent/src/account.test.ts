import { type Launch } from '@octo/kernel';
import { eventually, isRunning, launchOf, readToEnd, textBytes } from '@octo/testkit';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findProgram, parseAccount } from './account.ts';
import { AgentHome } from './agent.fixture.ts';
import { type Agent } from './agent.ts';

const isRoot = process.getuid?.() === 0 && process.platform === 'linux' && findProgram('setpriv') !== undefined;
const limit = () => AbortSignal.timeout(15_000);
let home: AgentHome;
let tickets = 0;

/** Runs a script to its end and answers with its lines. */
async function run(agent: Agent, bash: string, more: Partial<Launch> = {}, ticket = `acc${++tickets}`) {
  await agent.start(ticket, launchOf(bash, more), limit());
  return readToEnd(agent, ticket);
}

test.each([
  ['own', { kind: 'own' }],
  ['private', { kind: 'private', from: 61_184, to: 65_519 }],
  ['private:70000-70009', { kind: 'private', from: 70_000, to: 70_009 }],
  ['65534:65534', { kind: 'user', uid: 65_534, gid: 65_534 }],
  ['nobody', { kind: 'user', name: 'nobody' }],
])('"%s" is understood', (text, account) => {
  expect(parseAccount(text)).toMatchObject(account);
});

test.each(['', 'no such user', 'octo-nobody-here', 'private:9-1', '0:0', '-u'])('"%s" is refused', (text) => {
  expect(() => parseAccount(text)).toThrow(/scripts cannot run as/);
});

describe.skipIf(!isRoot)('scripts as another account (needs root and setpriv)', () => {
  beforeEach(() => {
    home = new AgentHome('/var/lib');
  });
  afterEach(() => home.close());

  test('run with its ids and no other groups, and cannot read what is ours (R20, R23)', async () => {
    const secret = join(home.root, 'master.key');
    writeFileSync(secret, 'the-master-key', { mode: 0o600 });
    const agent = home.open({ account: parseAccount('nobody'), secretFile: secret });
    const { texts } = await run(
      agent,
      `id -u; id -G; whoami; echo "$USER"; cat '${secret}' 2>&1; cat /proc/${process.pid}/environ 2>&1 | tr -d '\\0'; ls '${home.inWork()}' 2>&1; touch ~/a "$TMPDIR/b" c && echo wrote`,
    );
    const gid = statSync('/proc/self').gid === 0 ? texts[1] : '';
    expect(texts[0]).toBe('65534');
    expect(gid).toMatch(/^\d+$/);
    expect(texts.slice(2, 4)).toEqual(['nobody', 'nobody']);
    expect(texts.slice(4, 7).every((line) => /Permission denied/.test(line))).toBe(true);
    expect(texts.at(-1)).toBe('wrote');
  });

  test('get their files and variables, and can open their own streams by name', async () => {
    const agent = home.open({ account: parseAccount('nobody') });
    const files = [
      { name: 'sub/data.txt', content: textBytes('data') },
      { name: 'vars', content: textBytes('hidden'), secret: true },
    ];
    const body = `cat sub/data.txt vars; echo; : > vars && echo emptied; echo out > /dev/stdout; echo err > /dev/stderr`;
    const { lines } = await run(agent, body, { files });
    expect(lines.map((l) => `${l.source} ${l.text}`).sort()).toEqual([
      'StdErr err',
      'StdOut datahidden',
      'StdOut emptied',
      'StdOut out',
    ]);
  });

  test('cannot forge their own end: exit code and record are out of their reach', async () => {
    const agent = home.open({ account: parseAccount('nobody') });
    const { last, texts } = await run(agent, `(echo 0 > ../exit) 2>&1; rm ../record.json 2>&1; exit 7`);
    expect(last).toMatchObject({ end: 'exited', exitCode: 7 });
    expect(texts.every((line) => /Permission denied|cannot remove/.test(line))).toBe(true);
  });

  test('get back only artifacts that they could read themselves', async () => {
    const agent = home.open({ account: parseAccount('private') });
    const secret = join(home.root, 'db');
    writeFileSync(secret, 'secret', { mode: 0o600 });
    await run(agent, `echo mine > report.txt; ln -s '${secret}' link; ln -s /etc/hostname public`, {}, 'art');
    const inSpace = (name: string) => home.inWork('art', 'space', name);
    const read = async (path: string) => {
      const bytes = await agent.download(path);
      const chunks: Uint8Array[] = [];
      for await (const chunk of bytes?.open() ?? []) chunks.push(chunk);
      return bytes && Buffer.concat(chunks).toString();
    };
    expect(await read(inSpace('report.txt'))).toBe('mine\n');
    expect(await read(inSpace('public'))).toBe(readFileSync('/etc/hostname', 'utf8'));
    expect(await read(inSpace('link'))).toBeUndefined();
    expect(await read(secret)).toBeUndefined();
    expect(await read(inSpace('.'))).toBeUndefined();
  });

  test('are refused, with the stage, where they could read our secrets or not reach their folder (R21, R22)', async () => {
    const secret = join(home.root, 'open.key');
    writeFileSync(secret, 'x');
    chmodSync(secret, 0o644);
    const leaky = home.open({ account: parseAccount('nobody'), secretFile: secret });
    await expect(leaky.capabilities('x')).rejects.toThrow(/keeping our secrets: it can read/);
    await expect(run(leaky, 'true')).rejects.toMatchObject({ code: 'OCTO_AGENT_ACCOUNT' });
    chmodSync(secret, 0o600);
    chmodSync(home.root, 0o700);
    await expect(leaky.capabilities('x')).rejects.toThrow(/reaching its folder/);
    chmodSync(home.root, 0o711);
    expect(await leaky.capabilities('x')).toMatchObject({ scriptsRunAs: expect.stringContaining('nobody') });
  });

  test('each have a user id of their own, which is free again when nothing of them is left (R169)', async () => {
    const agent = home.open({ account: parseAccount('private:70000-70002'), graceMs: 100 });
    const first = await run(agent, 'echo "$UID"; setsid sleep 300 & sleep 0.1', {}, 'one');
    const second = await run(agent, 'echo "$UID"', {}, 'two');
    expect(new Set([first.texts[0], second.texts[0]]).size).toBe(2);
    const running = () =>
      readdirSync('/proc').filter((pid) => ownerOf(pid) === Number(first.texts[0]) && isRunning(Number(pid)));
    expect(running()).toHaveLength(1); // what a script leaves behind goes on until its ticket is forgotten
    await agent.complete({ ticket: 'one' });
    expect(running()).toEqual([]);
    expect(readdirSync(join(home.root, 'uids'))).toEqual([second.texts[0]]);
    await agent.complete({ ticket: 'two' });
    expect(readdirSync(join(home.root, 'uids'))).toEqual([]);
  });

  test('start no more than there are ids, and say so', async () => {
    const agent = home.open({ account: parseAccount('private:70000-70001') });
    await run(agent, 'true', {}, 'a');
    await run(agent, 'true', {}, 'b');
    await expect(run(agent, 'true', {}, 'c')).rejects.toThrow(/all 2 private user ids/);
    await agent.complete({ ticket: 'a' });
    expect((await run(agent, 'true', {}, 'd')).last.exitCode).toBe(0);
  });

  test('the leak test: a private script finds nothing of another (R169, I2)', async () => {
    const agent = home.open({ account: parseAccount('private') });
    const { scriptsRunAs } = await agent.capabilities('x');
    const isWalled = scriptsRunAs?.includes('namespace') === true;
    const secret = 'S3CRET-of-the-victim';
    const files = [{ name: 'vars', content: textBytes(secret), secret: true }];
    const victim = `
      export LEAK_ENV=${secret}; exec 9<<<'${secret}'
      echo '${secret}' > ~/leak-home; echo '${secret}' > "$TMPDIR/leak-tmp"; echo '${secret}' > ./leak-space
      echo '${secret}' > /tmp/leak-shared-${process.pid}; echo '${secret}' > /dev/shm/leak-shm-${process.pid}
      bash -c 'echo ready; while sleep 0.05; do :; done' ${secret}`;
    await agent.start('victim', launchOf(victim, { files }), limit());
    await eventually('the victim is ready', async () => {
      const { lines } = await agent.status({ ticket: 'victim' }, { after: '', waitMs: 0 }, limit());
      return lines.some((l) => l.text === 'ready');
    });
    const probe = `
      look() { grep -qa -- 'CRET-of-the-vict' "$1" 2>/dev/null && echo "found in $1"; }
      for p in /proc/[0-9]*; do
        [ "$p" = "/proc/$$" ] && continue
        for f in environ cmdline; do look "$p/$f"; done
        for fd in "$p"/fd/*; do look "$fd"; done
        for n in leak-space vars Bootstrap.sh; do look "$p/cwd/$n"; done
      done
      for f in /tmp/* /var/tmp/* /dev/shm/*; do look "$f"; done
      for d in space home tmp; do for f in '${home.inWork('victim')}'/$d/*; do look "$f"; done; done
      for n in space/leak-space home/leak-home tmp/leak-tmp space/vars stdout.log record.json; do look '${home.inWork('victim')}'/$n; done
      ls '${home.inWork()}' >/dev/null 2>&1 && echo 'found the list of workspaces'
      kill -0 $(cat '${home.inWork('victim', 'started')}' 2>/dev/null | cut -d' ' -f1) 2>/dev/null && echo 'found its supervisor'
      echo done`;
    const found = await run(agent, probe);
    const expected = isWalled ? ['done'] : found.texts.filter((t) => /cmdline|^done$/.test(t));
    expect(found.texts).toEqual(expected);
    await agent.cancel({ ticket: 'victim' });
    expect((await readToEnd(agent, 'victim')).last).toMatchObject({ end: 'stopped' });
    await agent.complete({ ticket: 'victim' });
    const left = ['/tmp', '/var/tmp', '/dev/shm'].flatMap((dir) =>
      readdirSync(dir).filter((n) => n.startsWith('leak-')),
    );
    expect(isWalled ? left : []).toEqual([]);
    expect(existsSync(home.inWork('victim'))).toBe(false);
  });

  test('an upload can be run by them; a symlink at its place is replaced, not followed', async () => {
    const agent = home.open({ account: parseAccount('private') });
    const target = join(home.root, 'target');
    writeFileSync(target, 'keep', { mode: 0o600 });
    symlinkSync(target, join(home.root, 'files', 'tool'));
    const { path } = await agent.upload('tool', textBytes('#!/bin/sh\necho tool ran\n'), limit());
    expect((await run(agent, path)).texts).toEqual(['tool ran']);
    expect(readFileSync(target, 'utf8')).toBe('keep');
  });
});

function ownerOf(pid: string): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
}
