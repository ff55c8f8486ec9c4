// A step plugin with a tool. The step runs in the server; the tool, one file with node: imports only, runs on the worker.
import { definePlugin, defineStep, stepFailure } from '@octo/kernel';
import { appendFile } from 'node:fs/promises';
import { z } from 'zod';

const properties = z
  .object({
    'Example.Checksums.Folder': z.string().min(1).describe('folder on the worker'),
    'Example.Checksums.Ledger': z.string().min(1).describe('file on the server; gets one line per action'),
    'Example.Checksums.PauseMs': z.coerce.number().int().min(0).default(0).describe('pause after each file'),
  })
  .transform((wire) => ({
    folder: wire['Example.Checksums.Folder'],
    ledger: wire['Example.Checksums.Ledger'],
    pauseMs: wire['Example.Checksums.PauseMs'],
  }));

/** Brought to a worker once per content; started there with Node. */
const checksums = {
  name: 'checksums',
  entry: new URL('./tool.mjs', import.meta.url),
  input: z.object({ folder: z.string(), pauseMs: z.number() }),
};

const step = defineStep({
  type: 'Example.Checksums',
  properties,

  async run({ properties: { folder, ledger, pauseMs }, worker, log, once, signal }) {
    // An effect outside the worker: after a restart the number comes from the record, and the ledger has one line.
    const number = await once('ledger', async () => {
      const entry = Date.now();
      await appendFile(ledger, `checksums of ${folder} on ${worker.name}: ${entry}\n`);
      return entry;
    });
    log.write('info', `entry ${number} of the ledger`);
    const result = await worker.use(checksums, { folder, pauseMs }, signal);
    signal.throwIfAborted();
    const failure = stepFailure(result, worker.name, 'the checksum tool');
    if (failure) throw failure;
    log.write('highlight', `${result.outputs.get('Files')} files, ${result.outputs.get('Total')}`);
  },
});

export default definePlugin({ name: 'octo-example-checksums', contract: 1, steps: [step] });
