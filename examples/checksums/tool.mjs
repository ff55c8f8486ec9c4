// Runs on the worker. Its default export gets the input, a log, and a signal that aborts on cancel.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export default async function checksums({ input: { folder, pauseMs }, log, output, artifact, signal }) {
  const names = (await list(folder)).toSorted();
  const whole = createHash('sha256');
  const lines = [];
  for (const [index, name] of names.entries()) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(folder, name)), hash, { signal });
    const sum = hash.digest('hex');
    whole.update(`${sum}  ${name}\n`);
    lines.push(`${sum}  ${name}`);
    log.write('verbose', `${name} ${sum}`);
    log.progress(((index + 1) / names.length) * 100, name);
    await sleep(pauseMs, undefined, { signal });
  }
  await writeFile('checksums.txt', `${lines.join('\n')}\n`);
  artifact('checksums.txt');
  output('Files', String(names.length));
  output('Total', whole.digest('hex').slice(0, 12));
}

async function list(folder) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  } catch (cause) {
    throw Object.assign(new Error(`the folder ${folder} cannot be read: ${cause.code}`), {
      code: 'OCTO_EXAMPLE_FOLDER',
      hint: 'name a folder of the worker',
    });
  }
}
