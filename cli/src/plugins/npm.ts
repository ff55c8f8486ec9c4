import { PluginError } from '@octo/kernel';
import { spawn } from 'node:child_process';

/** npm itself waits for a silent registry for minutes; this ends what hangs for ever. */
const LIMIT_MS = 10 * 60_000;
const QUIET = ['--no-audit', '--no-fund', '--no-progress', '--no-update-notifier', '--loglevel=error'];

/** Run npm in a folder; answers what it printed. No script of a package runs. */
export async function npm(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const child = spawn('npm', [...args, '--ignore-scripts', ...QUIET], {
    cwd,
    env: { ...process.env, npm_config_global: 'false', npm_config_dry_run: 'false', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS); // spawn's own would outlive a missing npm
  const code = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', (cause) => reject(noNpm(cause)));
    child.once('close', (exitCode, signal) => resolve(exitCode ?? signal));
  }).finally(() => clearTimeout(limit));
  if (code !== 0)
    throw failed(args, code === 'SIGKILL' ? `it took longer than ${LIMIT_MS / 60_000} min` : stderr, code);
  return stdout;
}

function noNpm(cause: Error): PluginError {
  return new PluginError('OCTO_PLUGIN_NO_NPM', `npm cannot be started: ${cause.message}`, {
    hint: 'install Node with npm and put npm on the PATH',
    cause,
  });
}

function failed(args: readonly string[], stderr: string, code: number | NodeJS.Signals | null): PluginError {
  const said = stderr
    .split('\n')
    .map((line) => line.replace(/^npm (error|ERR!) ?(\d{3}\b)? ?/i, '').trim())
    .filter((line) => line !== '' && !/^(code |A complete log|For a full report|errno |syscall )/.test(line));
  const why = said.slice(0, 3).join('; ') || `it ended with ${code}`;
  const hint = cure(stderr);
  return new PluginError('OCTO_PLUGIN_NPM', `npm ${args[0]} failed: ${why}`, { ...(hint && { hint }) });
}

function cure(stderr: string): string | undefined {
  if (/\bE404\b|ETARGET/.test(stderr)) return 'look for another spelling or version: npm view NAME versions';
  if (/ERESOLVE/.test(stderr)) return 'the package wants another version of something; look for a release that fits';
  if (/ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT/.test(stderr))
    return 'check the network, and: npm config get registry';
  return undefined;
}
