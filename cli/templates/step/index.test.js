// npm test. What octo checks when it loads the plugin, and what the step does on a worker that is played.
import { CONTRACT, parse } from '@octo/kernel';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import plugin, { step } from './index.js';

const manifest = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));

test('the plugin has the name and the contract of its package, and the contract is that of the kernel', () => {
  assert.equal(plugin.name, manifest.name);
  assert.equal(plugin.contract, manifest.octo.contract);
  assert.equal(plugin.contract, CONTRACT);
});

test('a name that is missing is told', async () => {
  await assert.rejects(parse(step.properties, {}, 'the properties'), /Custom.MyStep\.Name/);
});

/** Run the step; the worker notes what it is asked to run and answers with the exit code. */
async function run(name, exitCode) {
  const scripts = [];
  const lines = [];
  await step.run({
    properties: await parse(step.properties, { 'Custom.MyStep.Name': name }, 'the properties'),
    worker: {
      name: 'w1',
      async run(script) {
        scripts.push(script.body);
        return { exitCode, end: 'exited', outputs: new Map(), hasErrors: false };
      },
    },
    log: { write: (level, text) => lines.push(`${level}: ${text}`), progress() {} },
    signal: new AbortController().signal,
  });
  return { scripts, lines };
}

test('it greets, and says so', async () => {
  const { scripts, lines } = await run("O'Neil; rm -rf x", 0);
  assert.deepEqual(scripts, [`echo hello 'O'\\''Neil; rm -rf x'`]);
  assert.deepEqual(lines, ["highlight: greeted O'Neil; rm -rf x on w1"]);
});

test('a script that fails fails the step', async () => {
  await assert.rejects(run('Ada', 3), { code: 'OCTO_STEP_EXIT' });
});
