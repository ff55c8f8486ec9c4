import { type Bytes, InputError, type MachineProgram } from '@octo/kernel';
import { platform as ownPlatform } from '@octo/agent';
import { isNewer, type Runtimes } from '@octo/plane';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

export interface RuntimesOptions {
  /** Folder or http(s) URL that holds Node as nodejs.org names its files. Absent: only our own, for our own platform. */
  readonly source?: string;
  /** Folder of the agents that this server has for its machines; it need not be there. */
  readonly agentsDir: string;
  /** Where what was unpacked or fetched is kept. */
  readonly cacheDir: string;
}
type Found = { readonly content: Bytes; readonly sha256: string };

/**
 * Node for workers that have none: a plain program `node-<platform>`, else the newest archive
 * `node-v<version>-<platform>.tar.gz` of the configured place; without one, the program that runs us, where the platform
 * is ours. An archive from a URL must fit the SHASUMS256.txt beside it.
 */
export function openRuntimes(options: RuntimesOptions): Runtimes {
  const known = new Map<string, Promise<Found | undefined>>();
  return {
    node(platform, signal) {
      const found = known.get(platform) ?? find(options, platform, signal);
      known.set(platform, found);
      found.catch(() => known.delete(platform)); // a fault is not remembered
      return found;
    },
    agent: (platform, signal) => newestAgent(options, platform, signal),
  };
}

const AGENT = /^tentacle-(\d+\.\d+\.\d+[\w.-]*?)-((?:linux|darwin|win32)-.+?)(?:\.exe)?$/;
/** Hash by file, size and time: an operator may put another one there at any time. */
const hashes = new Map<string, string>();

/** `tentacle-<version>-<platform>` in the folder for agents, or in that of `--node-runtimes`; the newest one. */
async function newestAgent(
  { agentsDir, source }: RuntimesOptions,
  platform: string,
  signal: AbortSignal,
): Promise<MachineProgram | undefined> {
  const folders = [agentsDir, ...(source !== undefined && !/^https?:/.test(source) ? [source] : [])];
  let best: { readonly version: string; readonly file: string } | undefined;
  for (const folder of folders)
    for (const name of await readdir(folder).catch(() => [])) {
      const [, version = '', of] = AGENT.exec(name) ?? [];
      if (of === platform && (!best || isNewer(version, best.version))) best = { version, file: join(folder, name) };
    }
  if (!best) return undefined;
  const { size, mtimeMs } = await stat(best.file);
  const key = `${best.file} ${size} ${mtimeMs}`;
  const sha256 = hashes.get(key) ?? (await hashOf(best.file, signal));
  hashes.set(key, sha256);
  const { file, version } = best;
  return {
    version,
    content: { sizeBytes: size, sha256, open: (fromByte = 0) => createReadStream(file, { start: fromByte }) },
  };
}

async function find({ source, cacheDir }: RuntimesOptions, platform: string, signal: AbortSignal) {
  const file =
    source === undefined
      ? undefined
      : /^https?:/.test(source)
        ? await fromUrl(source.replace(/\/*$/, '/'), platform, cacheDir, signal)
        : await fromFolder(source, platform, cacheDir);
  if (file !== undefined) return fileBytes(file, signal);
  return platform === ownPlatform() ? fileBytes(process.execPath, signal) : undefined;
}

async function fromFolder(folder: string, platform: string, cacheDir: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((cause: Error) => {
    throw new InputError('OCTO_RUNTIMES', `the folder ${folder} of --node-runtimes cannot be read: ${cause.message}`);
  });
  const plain = names.find((name) => [`node-${platform}`, `node-${platform}.exe`].includes(name));
  if (plain !== undefined) return join(folder, plain);
  const archive = newest(names, platform);
  return archive === undefined ? undefined : unpack(join(folder, archive), join(cacheDir, archive));
}

async function fromUrl(base: string, platform: string, cacheDir: string, signal: AbortSignal) {
  const sums = new Map(
    (await (await get(`${base}SHASUMS256.txt`, signal)).text())
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .map(([sum = '', name = '']) => [name, sum] as const),
  );
  const archive = newest([...sums.keys()], platform);
  if (archive === undefined) return undefined;
  const place = join(cacheDir, archive);
  if (existsSync(join(place, 'node'))) return join(place, 'node');
  await mkdir(cacheDir, { recursive: true, mode: 0o700 });
  const part = `${place}.${process.pid}.part`;
  try {
    const { body } = await get(`${base}${archive}`, signal);
    await pipeline(Readable.fromWeb(body as never), createWriteStream(part, { mode: 0o600 }), { signal }); // the two worlds' streams differ in type only
    const sum = await hashOf(part, signal);
    if (sum !== sums.get(archive))
      throw new InputError('OCTO_RUNTIMES', `${base}${archive} does not fit its checksum: ${sum}`);
    return await unpack(part, place);
  } finally {
    await rm(part, { force: true });
  }
}

async function get(url: string, signal: AbortSignal): Promise<Response> {
  const answer = await fetch(url, { signal }).catch((cause: Error) => {
    signal.throwIfAborted();
    throw new InputError('OCTO_RUNTIMES', `${url} cannot be fetched: ${cause.message}`, { cause });
  });
  if (answer.ok) return answer;
  throw new InputError('OCTO_RUNTIMES', `${url} answers ${answer.status}`, { hint: 'look at --node-runtimes' });
}

/** By version, as numbers. nodejs.org says `win` where Node says `win32`. */
function newest(names: readonly string[], platform: string): string | undefined {
  const suffix = `-${platform.replace(/^win32/, 'win')}.tar.gz`;
  const versions = names.flatMap((name) => {
    const [, version] = /^node-v(\d+\.\d+\.\d+)-/.exec(name) ?? [];
    return version !== undefined && name.endsWith(suffix) ? [{ name, version }] : [];
  });
  return versions.toSorted((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }))[0]?.name;
}

/** The program out of an archive, whole or not at all. */
async function unpack(archive: string, place: string): Promise<string> {
  const program = join(place, 'node');
  if (existsSync(program)) return program;
  const draft = `${place}.${process.pid}.draft`;
  try {
    await mkdir(draft, { recursive: true, mode: 0o700 });
    await promisify(execFile)('tar', [
      '-xzf',
      archive,
      '-C',
      draft,
      '--strip-components=2',
      '--wildcards',
      '*/bin/node',
    ]);
    await mkdir(place, { recursive: true, mode: 0o700 });
    await copyFile(join(draft, 'node'), `${program}.part`);
    await rename(`${program}.part`, program);
    return program;
  } catch (cause) {
    throw new InputError('OCTO_RUNTIMES', `${archive} cannot be unpacked: ${(cause as Error).message}`, { cause });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function fileBytes(file: string, signal: AbortSignal): Promise<Found> {
  const { size } = await stat(file);
  const sha256 = await hashOf(file, signal);
  const open = (fromByte = 0) => createReadStream(file, { start: fromByte, highWaterMark: 1024 * 1024 });
  return { sha256, content: { sizeBytes: size, sha256, open } };
}

async function hashOf(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash, { signal });
  return hash.digest('hex');
}
