// A step: this code runs where octo runs, once for each action of type Custom.MyStep, and works on a worker.
import { definePlugin, defineStep, stepFailure } from '@octo/kernel';
import { z } from 'zod';

// Before .transform is what stands in a process, in full; after it is what run() gets.
const properties = z
  .object({ 'Custom.MyStep.Name': z.string().min(1).describe('whom to greet') })
  .transform((wire) => ({ name: wire['Custom.MyStep.Name'] }));

// A property may hold anything: inside of single quotes bash takes it as it is.
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

export const step = defineStep({
  type: 'Custom.MyStep',
  properties,

  async run({ properties: { name }, worker, log, signal }) {
    const result = await worker.run({ syntax: 'Bash', body: `echo hello ${quoted(name)}` }, signal);
    signal.throwIfAborted();
    const failure = stepFailure(result, worker.name);
    if (failure) throw failure;
    log.write('highlight', `greeted ${name} on ${worker.name}`);
  },
});

export default definePlugin({ name: 'my-step', contract: 1, steps: [step] });
