import { type Launch } from '@octo/kernel';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';

/**
 * Run a launch as a machine side does, with the real bash, in a workspace that is gone afterwards: files laid 0600, the
 * body beside them, nothing of this process's environment but PATH. HOME is a folder above the workspace. The limit is
 * 15 s, then exit code −1.
 */
export async function runLaunch(
  launch: Launch,
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const home = await mkdtemp(join(tmpdir(), 'octo-run-launch-'));
  try {
    await lay(launch, home);
    const child = spawn('bash', ['../Bootstrap.sh', ...(launch.arguments ?? [])], {
      cwd: join(home, 'space'),
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 15_000,
      killSignal: 'SIGKILL',
    });
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', reject).once('close', (code) => resolve(code ?? -1));
    });
    const [exitCode, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    return { exitCode, stdout, stderr };
  } finally {
    await rm(home, { recursive: true });
  }
}

async function lay({ files = [], body }: Launch, home: string): Promise<void> {
  await writeFile(join(home, 'Bootstrap.sh'), body.bash ?? '', { mode: 0o600 });
  await mkdir(join(home, 'space'));
  for (const { name, content } of files) {
    const path = join(home, 'space', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await buffer(content.open()), { mode: 0o600 });
  }
}
