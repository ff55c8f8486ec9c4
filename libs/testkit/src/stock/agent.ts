import { join } from 'node:path';
import { type TestIdentity } from '../certificates.ts';
import { Acceptor, type TlsVersion } from './acceptor.ts';
import { AgentHost, type StockService } from './agent-host.ts';
import { poll, serveClient } from './agent-loops.ts';
import { CAPABILITIES } from './contract-names.ts';
import { fileTransfer } from './file-transfer.ts';
import { type Request } from './messages.ts';
import { Opener } from './opener.ts';
import { ScriptServices } from './script-services.ts';
import { type StockLimits, type Wire } from './wire.ts';

interface Common {
  readonly identity: TestIdentity;
  /** Home of the agent; `Work` below it holds the workspaces. Must exist, and is not removed. */
  readonly workDir: string;
  readonly tls?: TlsVersion;
  readonly limits?: Partial<StockLimits>;
  /** As before the capabilities: that service is unknown, and scripts are V1 (halibut.md 3.11). */
  readonly withoutCapabilities?: boolean;
  /** Says that it has no IScriptServiceV2. */
  readonly v1Only?: boolean;
}

export interface ListeningOptions extends Common {
  /** Thumbprints of servers. */
  readonly trusted: readonly string[];
  readonly tickets?: boolean;
  readonly port?: number;
}

export interface PollingOptions extends Common {
  readonly server: { readonly host?: string; readonly port: number; readonly thumbprint: string };
  /** `poll://…/`. */
  readonly subscription: string;
  /** Default 1 (8.3). */
  readonly connections?: number;
  /** Factor on the pauses of 8.4, which are 5 s to 2 min. Default 1. */
  readonly timeScale?: number;
}

/** What dies with a process. */
interface Life {
  readonly host: AgentHost;
  readonly scripts: ScriptServices;
  readonly port: number;
  readonly log: readonly string[];
  end(): Promise<void>;
}

type OpenLife = (services: Readonly<Record<string, StockService>>, port: number) => Promise<Omit<Life, 'scripts'>>;

/** Stands in for a real Tentacle: behaves as that was seen to do. Runs real scripts with /bin/bash. */
export class StockAgent implements AsyncDisposable {
  readonly #open: OpenLife;
  readonly #options: Common;
  readonly #lives: Life[] = [];

  private constructor(options: Common, open: OpenLife) {
    this.#options = options;
    this.#open = open;
  }

  static async listen(options: ListeningOptions): Promise<StockAgent> {
    const agent = new StockAgent(options, async (services, port) => {
      const host = new AgentHost(services);
      const acceptor = await Acceptor.listen({ ...options, port }, (guest) => serveClient(guest, host));
      return { host, port: acceptor.port, log: acceptor.log, end: () => acceptor[Symbol.asyncDispose]() };
    });
    await agent.#start(options.port ?? 0);
    return agent;
  }

  static async poll(options: PollingOptions): Promise<StockAgent> {
    const agent = new StockAgent(options, (services) => Promise.resolve(polling(options, new AgentHost(services))));
    await agent.#start(0);
    return agent;
  }

  /** Of a listening one; the same after a restart. */
  get port(): number {
    return this.#life.port;
  }
  /** What it was asked since it was started last. */
  get calls(): readonly Request[] {
    return this.#life.host.calls;
  }
  /** What it would write to its log: refused peers, lost connections. */
  get log(): readonly string[] {
    return this.#life.log;
  }

  /** As kill -9: every connection is gone, scripts run on but nobody follows them. */
  async kill(): Promise<void> {
    this.#life.scripts.abandon();
    await this.#life.end();
  }

  /** Kills it, and starts it anew at the same port with the same home: it knows what is on its disk. */
  async restart(): Promise<void> {
    const { port } = this.#life;
    await this.kill();
    await this.#start(port);
  }

  /** Ends the scripts too, also those of earlier lives. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { scripts } of this.#lives) scripts.killAll();
    await this.kill();
  }

  get #life(): Life {
    return this.#lives.at(-1)!; // started before anyone sees it
  }

  async #start(port: number): Promise<void> {
    const { workDir, withoutCapabilities = false, v1Only = false } = this.#options;
    const scripts = new ScriptServices(workDir);
    const hasV2 = !withoutCapabilities && !v1Only;
    const services = {
      IScriptService: scripts.v1,
      IFileTransferService: fileTransfer(workDir),
      ...(hasV2 && { IScriptServiceV2: scripts.v2 }),
    };
    const capabilities = capabilitiesOf(Object.keys(services));
    const all = withoutCapabilities ? services : { ...services, ICapabilitiesServiceV2: capabilities };
    this.#lives.push({ ...(await this.#open(all, port)), scripts });
  }
}

function polling(options: PollingOptions, host: AgentHost): Omit<Life, 'scripts'> {
  const { identity, server, tls, limits, connections = 1, timeScale = 1 } = options;
  const stop = new AbortController();
  const wires = new Set<Wire>();
  const log: string[] = [];
  const opener = { identity, to: server, timeScale, ...(tls && { tls }), ...(limits && { limits }) };
  const subscription = options.subscription.replace(/\/*$/, '/');
  const loops = Array.from({ length: connections }, () => {
    const onWire = (wire: Wire) => void wires.add(wire);
    return poll({ opener: new Opener(opener), subscription, host, timeScale, log, onWire }, stop.signal);
  });
  const end = async () => {
    stop.abort();
    for (const wire of wires) wire.close();
    await Promise.all(loops);
  };
  return { host, port: 0, log, end };
}

function capabilitiesOf(names: readonly string[]): StockService {
  const result = { $type: CAPABILITIES, SupportedCapabilities: [...names] };
  const methods = { GetCapabilities: { params: [], invoke: () => result } };
  return { className: 'Octopus.Tentacle.Services.Capabilities.CapabilitiesServiceV2', methods };
}

/** Where an agent keeps what belongs to a ticket. */
export function workspaceOf(workDir: string, ticket: string): string {
  return join(workDir, 'Work', ticket);
}
