import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTentacle } from './main.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine of its own in a folder: the program runs in this process, and nothing is seen or left outside of it. */
export class Machine implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'octo-machine-'));
  readonly env: Record<string, string | undefined> = {
    TentacleMachineConfigurationHomeDirectory: join(this.dir, 'machine'),
    XDG_DATA_HOME: join(this.dir, 'data'),
  };

  async run(...args: readonly string[]): Promise<Ran> {
    let [stdout, stderr] = ['', ''];
    const code = await runTentacle(args, {
      write: (text) => void (stdout += text),
      line: (text) => void (stdout += `${text}\n`),
      error: (text) => void (stderr += `${text}\n`),
      args,
      env: this.env,
      cwd: this.dir,
      signal: new AbortController().signal,
    });
    return { code, stdout, stderr };
  }

  text(file: string): string {
    return readFileSync(join(this.dir, file), 'utf8');
  }

  /** What is trusted, as style, address and subscription of each entry. */
  async trusted(): Promise<readonly (readonly unknown[])[]> {
    const { stdout } = await this.run('show-configuration');
    const servers = JSON.parse(stdout).Tentacle.Communication.TrustedOctopusServers as readonly Record<
      string,
      unknown
    >[];
    return servers.map((it) => [it['CommunicationStyle'], it['Address'], it['SubscriptionId']]);
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
