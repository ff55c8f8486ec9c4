/** Name of the host in a tool's workspace. */
export const TOOL_HOST_FILE = 'octo-tool-host.mjs';

/**
 * What a worker's Node runs: `host BUNDLE INPUT`. It reads the input and empties its file before any code of the tool is
 * loaded (R243), gives the bundle's default export what `ToolContext` promises, and says everything by service messages,
 * as scripts do. All writes are done when they return, so nothing is lost when the process ends.
 */
export const TOOL_HOST = String.raw`
import { readFileSync, statSync, truncateSync, writeSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [bundle, inputFile] = process.argv.slice(2);
const { input, name: toolName } = JSON.parse(readFileSync(inputFile, 'utf8'));
truncateSync(inputFile);

function write(fd, text) {
  const bytes = Buffer.from(text + '\n');
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
const encode = (value) => Buffer.from(String(value)).toString('base64');
const message = (name, attributes) =>
  '##octopus[' + name + Object.entries(attributes).map(([key, value]) => ' ' + key + "='" + encode(value) + "'").join('') + ']';
const MODES = ['verbose', 'highlight', 'wait', 'warning', 'error'];

const stop = new AbortController();
const context = {
  input,
  signal: stop.signal,
  log: {
    write(level, text) {
      const mode = MODES.includes(level) ? level : 'default';
      write(1, mode === 'default' ? String(text) : '##octopus[stdout-' + mode + ']\n' + text + '\n##octopus[stdout-default]');
    },
    progress(percentage, text) {
      write(1, message('progress', { percentage: Math.round(percentage), message: text ?? '' }));
    },
  },
  output(name, value, options = {}) {
    const sensitive = options.sensitive ? { sensitive: 'True' } : {};
    write(1, message('setVariable', { name, value, ...sensitive }));
  },
  artifact(path, name = basename(path)) {
    write(1, message('createArtifact', { path: resolve(path), name, length: statSync(path).size }));
  },
  mask(text) {
    write(1, message('mask', { value: text }));
  },
};

function fail(error) {
  const isError = error !== null && typeof error === 'object';
  const code = isError && typeof error.code === 'string' ? error.code : 'OCTO_TOOL_FAILED';
  const text = isError && typeof error.message === 'string' ? error.message : String(error);
  const hint = isError && typeof error.hint === 'string' ? { hint: error.hint } : {};
  if (isError && code === 'OCTO_TOOL_FAILED' && error.stack) context.log.write('verbose', error.stack);
  write(1, message('resultMessage', { message: text, code, ...hint }));
  process.exit(1);
}

process.on('SIGTERM', () => stop.abort(new Error('the tool was asked to stop')));
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
try {
  const { default: run } = await import(pathToFileURL(bundle).href);
  if (typeof run !== 'function')
    throw Object.assign(new Error('the bundle of tool ' + toolName + ' has no function as its default export'), {
      code: 'OCTO_TOOL_SHAPE',
      hint: 'export default async ({ input }) => { … }',
    });
  await run(context);
  process.exit(process.exitCode ?? 0);
} catch (error) {
  fail(error);
}
`.trimStart();
