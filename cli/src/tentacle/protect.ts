import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Files that keys come from (halibut.md 7.9). */
export interface KeyFiles {
  readonly machineId: string;
  readonly machineKey: string;
}
const SYSTEMS: KeyFiles = { machineId: '/etc/machine-id', machineKey: '/etc/octopus/machinekey' };

/** Without an id of the machine, as in most containers, the key lies with the instances: on their volume, or in a home. */
export function keyFiles(machineFolder: string): KeyFiles {
  return existsSync(SYSTEMS.machineKey) ? SYSTEMS : { ...SYSTEMS, machineKey: join(machineFolder, 'machinekey') };
}

interface Key {
  readonly key: Buffer;
  readonly iv: Buffer;
}
// Fixed in every Tentacle on Linux and macOS.
const IV = Buffer.from('743677397A244326', 'ascii');

/**
 * What a configuration keeps that is not for reading: AES-256-CBC under a key of this machine. It hides nothing from
 * whoever can read that key; the file's own mode does.
 */
export class Protection {
  readonly #files: KeyFiles;

  constructor(files: KeyFiles = SYSTEMS) {
    this.#files = files;
  }

  encrypt(plain: string): string {
    const { key, iv } = this.#key();
    const cipher = createCipheriv('aes-256-cbc', key, iv);
    return Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]).toString('base64');
  }

  /** Throws when it was encrypted on another machine. */
  decrypt(text: string): string {
    const { key, iv } = this.#key();
    const cipher = createDecipheriv('aes-256-cbc', key, iv);
    try {
      return Buffer.concat([cipher.update(text, 'base64'), cipher.final()]).toString('utf8');
    } catch (error) {
      throw new Error('a protected value of the configuration cannot be read: it was written on another machine', {
        cause: error,
      });
    }
  }

  #key(): Key {
    const id = read(this.#files.machineId)?.trim();
    if (id?.length === 32) return { key: Buffer.from(id, 'ascii'), iv: IV };
    const [key, iv] = (read(this.#files.machineKey) ?? this.#make()).trim().split('.');
    return { key: Buffer.from(key ?? '', 'base64'), iv: Buffer.from(iv ?? '', 'base64') };
  }

  #make(): string {
    const text = `${randomBytes(32).toString('base64')}.${randomBytes(16).toString('base64')}`;
    mkdirSync(dirname(this.#files.machineKey), { recursive: true });
    writeFileSync(this.#files.machineKey, text, { mode: 0o600, flag: 'wx' });
    return text;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
