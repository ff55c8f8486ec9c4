import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { MACHINE } from './machine.ts';
import { word } from './words.ts';

test.each(['stdout', 'stdin'] as const)(
  'a shell whose %s is gone takes with it the folder that it made for the next start (I4)',
  async (gone) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'octo-sh-'));
    const sh = spawn('/bin/sh', { stdio: ['pipe', 'pipe', 'inherit'] });
    sh.stdin.write(`{ ${MACHINE}\nocto_hello 1 ${word(folder.path)} p\n}\n{ octo_prepare; octo_say 0 x; }\n`);
    for (let said = ''; !said.includes(' x\n');) said += String((await once(sh.stdout, 'data'))[0]);
    expect(readdirSync(join(folder.path, 'w'))).toHaveLength(1);
    sh[gone].destroy();
    if (gone === 'stdout') sh.stdin.write('{ octo_forget 2 none; }\n');
    await once(sh, 'exit');
    expect(readdirSync(join(folder.path, 'w'))).toEqual([]);
  },
);

test.skipIf(!existsSync('/proc/self/stat'))(
  'what was abandoned is found again by its mark or its name, stays while it lives, and has ended when it is gone (R159)',
  async () => {
    await using root = await mkdtempDisposable(join(tmpdir(), 'octo-sh-'));
    const folder = join(root.path, 'w/one');
    using sh = new Shell();
    await sh.ask(`octo_hello 1 ${word(root.path)} p`);
    mkdirSync(folder);
    writeFileSync(join(root.path, 't/T1'), 'one\n');
    writeFileSync(join(folder, 'record'), '0 m 0 T1 ServerTasks-1\n');
    for (const file of ['out', 'err', 'index', 'cancel']) writeFileSync(join(folder, file), '');
    writeFileSync(join(folder, 'started'), '999999999 1 no-boot\n');
    const status = () => sh.ask('octo_ask 1 T1 0 0 0 0 0 0 1000');

    using marked = sleeper({ OCTO_TICKET: 'T1' });
    await marked.isUp('OCTO_TICKET=T1');
    await sh.ask(`( octo_grace=0 octo_give_up=0; octo_killer ${word(folder)}; ); octo_say 0 x`);
    expect(await status()).toMatch(new RegExp(`^octo 1 0 Complete abandoned -1 .* ${marked.pid}$`));
    expect(readFileSync(join(folder, 'left'), 'utf8')).toMatch(new RegExp(`^${marked.pid} \\d+ \\S+\n$`));

    using named = sleeper({});
    const [, , boot = ''] = readFileSync(join(folder, 'left'), 'utf8').trim().split(' ');
    const born = readFileSync(`/proc/${named.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? '';
    appendFileSync(join(folder, 'left'), `${named.pid} ${born} ${boot}\n${process.pid} 1 ${boot}\n`);
    await marked.end();
    expect(await status()).toContain('Complete abandoned');
    utimesSync(folder, 0, 0);
    expect(await sh.ask('octo_clean 1 90')).toBe('octo 1 0 0');
    await named.end();
    expect(await status()).toContain('Complete stopped -1');
    expect(readFileSync(join(folder, 'result'), 'utf8')).toBe('stopped -1 \n');
    utimesSync(folder, 0, 0);
    expect(await sh.ask('octo_clean 1 90')).toBe('octo 1 0 1');
  },
);

/** A shell that has the functions of the machine side. */
class Shell implements Disposable {
  readonly #sh = spawn('/bin/sh', { stdio: ['pipe', 'pipe', 'inherit'] });

  constructor() {
    this.#sh.stdin.write(`{ ${MACHINE}\n}\n`);
  }
  /** One command, and the line that it answers with. */
  async ask(command: string): Promise<string> {
    this.#sh.stdin.write(`{ ${command}\n}\n`);
    let said = '';
    while (!said.endsWith('\n')) said += String((await once(this.#sh.stdout, 'data'))[0]);
    return said.trim();
  }
  [Symbol.dispose](): void {
    this.#sh.kill('SIGKILL');
  }
}

function sleeper(env: NodeJS.ProcessEnv) {
  const child = spawn('sleep', ['60'], { stdio: 'ignore', env: { PATH: '/usr/bin:/bin', ...env } });
  const gone = once(child, 'exit');
  const end = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  const pid = child.pid ?? 0;
  /** Between fork and exec it still has our environment. */
  const isUp = (mark: string) =>
    vi.waitFor(() => expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toContain(mark), 5_000);
  return { pid, end, isUp, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}
