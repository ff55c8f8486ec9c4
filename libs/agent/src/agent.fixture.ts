import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, type AgentOptions, openAgent } from './agent.ts';

/** A temporary folder of a machine side, and agents on it. When it is closed nothing of it runs or lies around. */
export class AgentHome {
  readonly root: string;
  /** For scripts to note that they ran. */
  readonly witness: string;
  readonly #agents: Agent[] = [];

  /** `parent`: where other accounts can pass, if scripts are to run as such. */
  constructor(parent = tmpdir()) {
    this.root = mkdtempSync(join(parent, 'octo-agent-'));
    this.witness = join(this.root, 'witness');
  }

  open(options: Partial<AgentOptions> = {}): Agent {
    const agent = openAgent({ root: this.root, clock: Date, graceMs: 300, ...options });
    this.#agents.push(agent);
    return agent;
  }

  inWork(...names: string[]): string {
    return join(this.root, 'work', ...names);
  }
  tickets(): readonly string[] {
    return readdirSync(this.inWork());
  }
  witnessed(): string {
    return existsSync(this.witness) ? readFileSync(this.witness, 'utf8') : '';
  }

  async close(): Promise<void> {
    for (const agent of this.#agents) await agent[Symbol.asyncDispose]();
    const sweeper = openAgent({ root: this.root, clock: Date, graceMs: 0 });
    for (const ticket of this.tickets().filter((name) => !name.startsWith('.'))) await sweeper.complete({ ticket });
    await sweeper[Symbol.asyncDispose]();
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}
