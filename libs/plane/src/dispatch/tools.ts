import { type Bytes, InputError, parse, type Session, type Tool } from '@octo/kernel';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { bufferBytes, textBytes } from '../bootstrap/text-bytes.ts';
import { type Runtimes } from '../ports.ts';

/** A tool as it is asked for: checked input, and the bundle's content. */
export interface AskedTool {
  readonly name: string;
  readonly input: unknown;
  readonly bundle: { readonly bytes: Uint8Array; readonly sha256: string };
}
export interface PlacedTool {
  /** Full paths on the worker. */
  readonly node: string;
  readonly bundle: string;
}

/** Bundles of plugins do not change while a process runs. */
const bundles = new Map<string, Promise<AskedTool['bundle']>>();
/** Uploads under way, by worker and path: two tasks that need a tool at once push it once (R255). */
const uploads = new Map<string, Promise<string>>();

export async function askTool<I>(tool: Tool<I>, input: I): Promise<AskedTool> {
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/.test(tool.name))
    throw new InputError('OCTO_TOOL_NAME', `"${tool.name}" is no name of a tool`, {
      hint: 'use 1 to 64 letters, digits, dots and dashes',
    });
  return {
    name: tool.name,
    input: await parse(tool.input, input, `the input of tool ${tool.name}`),
    bundle: await bundleOf(tool.name, tool.entry),
  };
}

/** What a step asked for, as one word (house.md 3.1). */
export function digestOfTool({ name, input, bundle }: AskedTool): string {
  return createHash('sha256')
    .update(JSON.stringify([name, bundle.sha256, input]))
    .digest('hex');
}

/** Bring bundle and, where the machine has none, Node to the worker, unless they are there. */
export async function placeTool(
  session: Session,
  runtimes: Runtimes,
  worker: { readonly id: string; readonly name: string },
  { name, bundle }: AskedTool,
  signal: AbortSignal,
): Promise<PlacedTool> {
  const place = (path: string, content: Bytes) => placeOnce(session, worker.id, path, content, signal);
  const file = await place(`tools/${name}/${bundle.sha256.slice(0, 32)}.mjs`, bufferBytes(bundle.bytes, bundle.sha256));
  const { node, platform } = await session.capabilities(signal);
  if (node !== undefined) return { node, bundle: file };
  const shipped = platform === undefined ? undefined : await runtimes.node(platform, signal);
  if (!shipped)
    throw new InputError(
      'OCTO_TOOL_NO_NODE',
      `tool ${name} needs Node, ${worker.name} has none, and there is none for ${platform ?? 'a system that is not known'} to send`,
      { hint: 'put one into the folder of --node-runtimes, or install Node on the worker' },
    );
  const program = platform?.startsWith('win32') ? 'node.exe' : 'node';
  return { node: await place(`node/${shipped.sha256}/${program}`, shipped.content), bundle: file };
}

function bundleOf(name: string, entry: URL): Promise<AskedTool['bundle']> {
  const known = bundles.get(entry.href);
  if (known) return known;
  const read = readFile(entry).then(
    (bytes) => ({ bytes, sha256: createHash('sha256').update(bytes).digest('hex') }),
    (cause: Error) => {
      bundles.delete(entry.href);
      throw new InputError('OCTO_TOOL_BUNDLE', `the bundle of tool ${name} cannot be read: ${cause.message}`, {
        cause,
        hint: 'build the plugin that brings it',
      });
    },
  );
  bundles.set(entry.href, read);
  return read;
}

/** A small file beside it, written last, proves that it is whole and says its full path. */
async function placeOnce(
  session: Session,
  workerId: string,
  path: string,
  content: Bytes,
  signal: AbortSignal,
): Promise<string> {
  const marker = await session.download(`${path}.ok`, signal);
  if (marker) return textOf(marker);
  const key = `${workerId} ${path}`;
  const under = uploads.get(key) ?? upload(session, path, content, signal).finally(() => uploads.delete(key));
  uploads.set(key, under);
  try {
    return await under;
  } catch (error) {
    signal.throwIfAborted();
    if (!uploads.has(key) && (error as Error).name === 'AbortError')
      return placeOnce(session, workerId, path, content, signal); // whoever came first has given up
    throw error;
  }
}

async function upload(session: Session, path: string, content: Bytes, signal: AbortSignal): Promise<string> {
  const { path: full } = await session.upload(path, content, signal);
  await session.upload(`${path}.ok`, textBytes(full), signal);
  return full;
}

async function textOf(bytes: Bytes): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes.open()) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
