import { type Identity } from '@octo/halibut';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readConfig, writeConfig } from './config-xml.ts';
import { contributes, envFile } from './env-file.ts';
import { KnownFailure } from './errors.ts';
import { writeWhole } from './files.ts';
import { chooseInstance, folderOf, type Instance, machineFolder } from './instances.ts';
import { isSame } from './parse.ts';
import { keyFiles, Protection } from './protect.ts';
import { programFile } from './unit.ts';

type Env = Readonly<Record<string, string | undefined>>;
interface Surroundings {
  readonly env: Env;
  /** Where a `.env` is looked for; that of this program if not given. */
  readonly programFolder?: string;
}

/** Source of the numbers: halibut.md 7.9. */
export const STYLES = ['None', 'TentaclePassive', 'TentacleActive'] as const;
export type Style = (typeof STYLES)[number];

export interface TrustedServer {
  readonly thumbprint: string;
  readonly style: Style;
  /** Of a polled one: 'https://octo:10943'. */
  readonly address?: string;
  readonly subscriptionId?: string;
}
export interface ProxySettings {
  readonly useDefault: boolean;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

// Settings that a variable may replace, while OCTOPUS_CONTRIBUTE_ENV_SETTINGS is true (7.9).
const VARIABLES: Readonly<Record<string, string>> = {
  'Octopus.Home': 'OCTOPUS_HOME',
  'Tentacle.Services.PortNumber': 'TENTACLE_SERVICE_PORT',
  'Tentacle.Services.ListenIP': 'TENTACLE_LISTEN_IP',
  'Tentacle.Services.NoListen': 'TENTACLE_NO_LISTEN',
  'Tentacle.Communication.TrustedOctopusServers': 'TENTACLE_TRUSTED_SERVERS',
  'Tentacle.Deployment.ApplicationDirectory': 'TENTACLE_APPLICATION_DIRECTORY',
  'Tentacle.Certificate': 'TENTACLE_CERTIFICATE',
  'Tentacle.CertificateThumbprint': 'TENTACLE_CERTIFICATE_THUMBPRINT',
  'Octopus.Server.Proxy.UseDefaultProxy': 'TENTACLE_POLLING_USE_DEFAULT_PROXY',
  'Octopus.Server.Proxy.ProxyUsername': 'TENTACLE_POLLING_CUSTOM_PROXY_USER',
  'Octopus.Server.Proxy.ProxyPassword': 'TENTACLE_POLLING_CUSTOM_PROXY_PASSWORD',
  'Octopus.Server.Proxy.ProxyHost': 'TENTACLE_POLLING_CUSTOM_PROXY_HOST',
  'Octopus.Server.Proxy.ProxyPort': 'TENTACLE_POLLING_CUSTOM_PROXY_PORT',
  'Octopus.Proxy.UseDefaultProxy': 'OCTOPUS_USE_DEFAULT_PROXY',
  'Octopus.Proxy.ProxyUsername': 'OCTOPUS_PROXY_USER',
  'Octopus.Proxy.ProxyPassword': 'OCTOPUS_PROXY_PASSWORD',
  'Octopus.Proxy.ProxyHost': 'OCTOPUS_PROXY_HOST',
  'Octopus.Proxy.ProxyPort': 'OCTOPUS_PROXY_PORT',
};
const TRUSTED = 'Tentacle.Communication.TrustedOctopusServers';
const CERTIFICATE = 'Tentacle.Certificate';
const MAX_CONFIG_BYTES = 16 * 1024 * 1024;

/** The configuration of one instance: read once, changed in memory, written whole. */
export class Settings {
  readonly instance: Instance;
  readonly #env: Env;
  readonly #protection: Protection;
  readonly #stored: Map<string, string>;
  readonly #programFolder: string;
  #file: Env | undefined;

  private constructor(
    instance: Instance,
    stored: Map<string, string>,
    { env, programFolder }: Surroundings,
    protection: Protection,
  ) {
    this.instance = instance;
    this.#stored = stored;
    this.#env = env;
    this.#programFolder = programFolder ?? dirname(programFile());
    this.#protection = protection;
  }

  /** Throws a KnownFailure when there is no such instance, or its file cannot be read. */
  static open(
    choice: { readonly instance: string | undefined; readonly config: string | undefined },
    surroundings: Surroundings & { readonly cwd: string },
    protection = new Protection(keyFiles(machineFolder(surroundings.env))),
  ): Settings {
    const { env, cwd } = surroundings;
    const instance = chooseInstance(env, cwd, choice);
    const { configPath } = instance;
    if (!existsSync(configPath)) throw new KnownFailure(`The configuration file ${configPath} is not there.`);
    try {
      if (statSync(configPath).size > MAX_CONFIG_BYTES) throw new Error('it is too large');
      return new Settings(instance, readConfig(readFileSync(configPath, 'utf8')), surroundings, protection);
    } catch (error) {
      throw new KnownFailure(`The configuration file ${configPath} cannot be read: ${(error as Error).message}`);
    }
  }

  get(key: string): string | undefined {
    return this.#given(key) || this.#stored.get(key) || undefined;
  }
  #given(key: string): string | undefined {
    const variable = VARIABLES[key];
    if (variable === undefined || !contributes(this.#env)) return undefined;
    this.#file ??= envFile(this.#programFolder);
    return this.#env[variable] || this.#file[variable];
  }
  set(key: string, value: string | undefined): void {
    if (value === undefined) this.#stored.delete(key);
    else this.#stored.set(key, value);
  }
  save(): void {
    writeWhole(this.instance.configPath, writeConfig(this.#stored));
  }
  /** As they stand, with the replaced ones. */
  entries(): readonly (readonly [string, string])[] {
    return [...this.#stored.keys()].sort().map((key) => [key, this.get(key) ?? ''] as const);
  }

  get home(): string {
    const folder = folderOf(this.instance.configPath);
    return resolve(folder, this.get('Octopus.Home') ?? folder);
  }
  get logFile(): string {
    return join(this.home, 'Logs/OctopusTentacle.txt');
  }
  get applicationDirectory(): string {
    return this.get('Tentacle.Deployment.ApplicationDirectory') ?? '/home/Octopus/Applications';
  }
  get port(): number {
    return Number(this.get('Tentacle.Services.PortNumber') ?? 10_933);
  }
  get listenIp(): string | undefined {
    return this.get('Tentacle.Services.ListenIP');
  }
  get noListen(): boolean {
    return this.get('Tentacle.Services.NoListen')?.toLowerCase() === 'true';
  }
  /** Absent: nobody has set it. */
  get pollingConnectionCount(): number | undefined {
    const text = this.get('Tentacle.Communication.PollingConnectionCount');
    return text === undefined ? undefined : Number(text);
  }

  get trustedServers(): readonly TrustedServer[] {
    const text = this.get(TRUSTED);
    if (text === undefined) return [];
    try {
      return (JSON.parse(text) as readonly Record<string, unknown>[]).map(readTrusted);
    } catch {
      throw new KnownFailure(`The list of trusted servers in ${this.instance.configPath} cannot be read.`);
    }
  }
  setTrustedServers(servers: readonly TrustedServer[]): void {
    this.set(TRUSTED, servers.length === 0 ? undefined : JSON.stringify(servers.map(writeTrusted)));
  }

  async certificate(): Promise<Identity | undefined> {
    const text = this.get(CERTIFICATE);
    if (text === undefined) return undefined;
    const isStored = text === this.#stored.get(CERTIFICATE);
    const plain = isStored ? this.#protection.decrypt(text) : text; // a variable holds what was exported
    const { fromPfx } = await import('./certificate.ts');
    return fromPfx(Buffer.from(plain.replaceAll(/[\uFEFF\s]/g, ''), 'base64'));
  }
  async setCertificate(identity: Identity): Promise<void> {
    const { toPfx } = await import('./certificate.ts');
    const plain = (await toPfx(identity)).toString('base64');
    this.set(CERTIFICATE, this.#protection.encrypt(plain));
    this.set('Tentacle.CertificateThumbprint', identity.thumbprint);
  }
  get thumbprint(): string | undefined {
    return this.get('Tentacle.CertificateThumbprint');
  }

  /** Towards polled servers, or for the web and scripts (R135). */
  proxy(of: 'polling' | 'web'): ProxySettings {
    const at = of === 'polling' ? 'Octopus.Server.Proxy' : 'Octopus.Proxy';
    const password = this.get(`${at}.ProxyPassword`) ?? '';
    const isStored = password !== '' && password === this.#stored.get(`${at}.ProxyPassword`);
    return {
      useDefault: this.get(`${at}.UseDefaultProxy`)?.toLowerCase() !== 'false',
      host: this.get(`${at}.ProxyHost`) ?? '',
      port: Number(this.get(`${at}.ProxyPort`) ?? 80),
      username: this.get(`${at}.ProxyUsername`) ?? '',
      password: isStored ? this.#protection.decrypt(password) : password,
    };
  }
  setProxy(of: 'polling' | 'web', { useDefault, host, port, username, password }: ProxySettings): void {
    const at = of === 'polling' ? 'Octopus.Server.Proxy' : 'Octopus.Proxy';
    this.set(`${at}.UseDefaultProxy`, String(useDefault));
    this.set(`${at}.ProxyHost`, host);
    this.set(`${at}.ProxyPort`, String(port));
    this.set(`${at}.ProxyUsername`, username);
    this.set(`${at}.ProxyPassword`, password === '' ? '' : this.#protection.encrypt(password));
  }
}

function readTrusted(entry: Record<string, unknown>): TrustedServer {
  const { Thumbprint, CommunicationStyle, Address, SubscriptionId } = entry;
  const style =
    typeof CommunicationStyle === 'number'
      ? STYLES[CommunicationStyle]
      : STYLES.find((it) => isSame(it, String(CommunicationStyle)));
  return {
    thumbprint: typeof Thumbprint === 'string' ? Thumbprint : '',
    style: style ?? 'None',
    ...(typeof Address === 'string' && Address !== '' && { address: Address }),
    ...(typeof SubscriptionId === 'string' && SubscriptionId !== '' && { subscriptionId: SubscriptionId }),
  };
}

/** Members in the order of 7.9. */
function writeTrusted({
  thumbprint,
  style,
  address = null,
  subscriptionId = null,
}: Omit<TrustedServer, 'address' | 'subscriptionId'> & { address?: string | null; subscriptionId?: string | null }) {
  return {
    Thumbprint: thumbprint,
    CommunicationStyle: STYLES.indexOf(style),
    Address: address,
    Squid: null,
    SubscriptionId: subscriptionId,
  };
}

/** Entries are told apart by thumbprint, in any case, and address. */
export function withServer(servers: readonly TrustedServer[], server: TrustedServer): readonly TrustedServer[] {
  const isIt = (it: TrustedServer) => isSame(it.thumbprint, server.thumbprint) && it.address === server.address;
  return [...servers.filter((it) => !isIt(it)), server];
}

const LETTERS = 'bcdefghjklmnpqrstuvwxyz23456789';
/** Twenty letters that nobody mistakes for others (8.1). */
export function newSubscriptionId(random: (below: number) => number): string {
  return `poll://${Array.from({ length: 20 }, () => LETTERS[random(LETTERS.length)]).join('')}/`;
}
