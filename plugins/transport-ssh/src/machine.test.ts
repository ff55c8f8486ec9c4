import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
