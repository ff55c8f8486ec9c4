// The demo: a server on a temporary folder, its built-in worker, examples/hello with its log live, and where to go on.
// Every line that is shown is what the real `octo` prints; nothing is made up here.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = dirname(import.meta.dirname);
const dataDir = await mkdtemp(join(tmpdir(), 'octo-demo-'));
const env = { ...process.env, OCTO_DATA: dataDir, OCTO_HOME: join(dataDir, 'home') };
delete (env as NodeJS.ProcessEnv)['OCTO_URL'];
const dim = (text: string) => (process.stdout.isTTY ? `\u001b[2m${text}\u001b[0m` : text);
const bold = (text: string) => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text);

/** Limit of the whole demo: whatever hangs, it ends and says so. */
const limit = setTimeout(() => {
  console.error('the demo took longer than 60 s; giving up');
  process.exit(1);
}, 60_000);

function octo(...args: string[]): ChildProcess {
  console.log(`\n${bold(`$ octo ${args.map((a) => (/\s/.test(a) ? `'${a}'` : a)).join(' ')}`)}`);
  return spawn(process.execPath, ['--conditions=octo-source', 'cli/bin/dev.ts', ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}
async function done(child: ChildProcess): Promise<number> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

let failed = false;
const server = octo('server', 'start', '--port', '0', '--comms-port', '0', '--log-level', 'error');
try {
  await serverIsUp();
  for (const args of [
    ['worker', 'list'],
    [
      'run',
      '--process',
      'examples/hello/process.json',
      '--var',
      'Customer=acme',
      '--secret',
      'Password=@examples/hello/password.txt',
    ],
    ['task', 'show', '1'],
  ]) {
    failed ||= (await done(octo(...args))) !== 0;
  }
} finally {
  server.kill('SIGTERM');
  await Promise.race([once(server, 'exit'), sleep(10_000, undefined, { ref: false })]);
  await rm(dataDir, { recursive: true, force: true });
  clearTimeout(limit);
}
console.log(`
${failed ? 'The demo failed.' : 'That was octo.'} The server is stopped and its folder is gone. Go on with:
  ${dim("npm run --silent octo -- run 'echo hi'")}       without any server
  ${dim('npm run --silent octo -- server start')}      a server that stays
  ${dim('npm run --silent octo -- --help')}            all commands
  ${dim('docs/ARCHITECTURE.md')}                       how it works`);
process.exitCode = failed ? 1 : 0;

/** The server leaves its address in the data folder once it listens. */
async function serverIsUp(): Promise<void> {
  const { access } = await import('node:fs/promises');
  for (let waitedMs = 0; waitedMs < 20_000; waitedMs += 50) {
    if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}`);
    if (
      await access(join(dataDir, 'server.json')).then(
        () => true,
        () => false,
      )
    )
      return;
    await sleep(50);
  }
  throw new Error('the server did not listen within 20 s');
}
