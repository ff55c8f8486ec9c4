import { type Bytes, type Session } from '@octo/kernel';
import { createHash, randomBytes } from 'node:crypto';
import { type ClientChannel } from 'ssh2';
import { type Caller } from './caller.ts';
import { isPassing, noRoom, sshError } from './errors.ts';
import { inside } from './launch.ts';
import { word } from './words.ts';

interface Sending {
  readonly host: string;
  /** Full, or relative to the root. */
  readonly path: string;
  readonly content: Bytes;
}
/** Nothing has gone in either direction for so long: the connection is stuck. */
const STUCK_MS = 60_000;

/**
 * Bytes go to `cat`, through a channel of their own: several times as fast as SFTP, and no subsystem is needed (perf.md
 * P2). They land beside the place, and take it in one step when they are whole. After a cut it goes on where it was.
 */
export async function upload(
  caller: Caller,
  sending: Sending,
  signal: AbortSignal,
  progress?: (sentBytes: number) => void,
): ReturnType<Session['upload']> {
  const name = `.part-${randomBytes(8).toString('hex')}`;
  const place = await placeOf(caller, sending.path, signal);
  const part = `${place}${name}`;
  try {
    await caller.again(() => send(caller, { ...sending, path: part }, signal, progress), signal);
    const { words } = await caller.ask((id) => `octo_id=${id}; if mv -f ${word(part)} ${word(place)} || [ ! -e ${word(part)} ]; then octo_say 0 done; else octo_say 0 no-room; fi`, signal); // prettier-ignore
    if (words[0] !== 'done') throw noRoom(sending.host);
    progress?.(sending.content.sizeBytes);
    return { path: place };
  } catch (error) {
    const late = AbortSignal.timeout(5_000);
    await caller.ask((id) => `octo_id=${id}; rm -f ${word(part)}; octo_say 0 done`, late).catch(() => {}); // a sweep finds it
    throw error;
  }
}

/** A file of a launch, in the folder that is being made. */
export async function layLarge(caller: Caller, { host, path, content }: Sending, signal: AbortSignal): Promise<void> {
  const folder = word(path.slice(0, path.lastIndexOf('/')));
  const { words } = await caller.ask((id) => `octo_id=${id}; if mkdir -p ${folder}; then octo_say 0 done; else octo_say 0 no-room; fi`, signal); // prettier-ignore
  if (words[0] !== 'done') throw noRoom(host);
  await caller.again(() => send(caller, { host, path, content }, signal), signal);
}

/** Full path of where it goes, whose folder is there then. */
async function placeOf(caller: Caller, path: string, signal: AbortSignal): Promise<string> {
  const isRelative = !path.startsWith('/');
  const inner = isRelative ? inside(path) : path;
  const full = isRelative ? `"$octo_root"/${word(inner)}` : word(inner);
  const { words } = await caller.ask(
    (id) =>
      `octo_id=${id}; octo_f=${full}; if mkdir -p "@{octo_f%/*}/"; then octo_say 0 "$octo_f"; else octo_say 0 ""; fi`.replaceAll('@{', '${'), // prettier-ignore
    signal,
  );
  const place = words.join(' ');
  if (place === '') throw noRoom(path);
  return place;
}

/** What is there already, and is the beginning of the content, is not sent again. */
async function send(
  caller: Caller,
  { host, path, content }: Sending,
  signal: AbortSignal,
  progress?: (sentBytes: number) => void,
): Promise<void> {
  const file = word(path);
  const { words } = await caller.ask((id) => `octo_id=${id}; if [ -e ${file} ]; then octo_say 0 "$(wc -c < ${file})"; else octo_say 0 0; fi`, signal); // prettier-ignore
  const there = Math.min(Number(words.join('').trim()) || 0, content.sizeBytes);
  const { channel, end } = await caller.lanes.channel(signal);
  try {
    const over = endOf(channel, host);
    over.catch(() => {}); // it is awaited below
    await ready(channel, `umask 077; echo ready; exec cat >> ${file}`, over);
    const hash = content.sha256 !== undefined && there === 0 ? createHash('sha256') : undefined;
    let sent = there;
    for await (const chunk of content.open(there)) {
      signal.throwIfAborted();
      hash?.update(chunk);
      sent += chunk.length;
      if (!channel.write(chunk)) await Promise.race([drained(channel, host, signal), over]);
      progress?.(sent);
    }
    channel.end();
    if (hash && hash.digest('hex') !== content.sha256) throw damaged(path);
    const code = await over;
    if (code !== 0) throw noRoom(host);
    await verify(caller, { host, path, content }, there > 0, signal);
  } finally {
    end();
  }
}

/** Its size, and after a cut also its hash, where the machine can make one. */
async function verify(
  caller: Caller,
  { path, content }: Sending,
  isResumed: boolean,
  signal: AbortSignal,
): Promise<void> {
  const file = word(path);
  const hash =
    isResumed && content.sha256 !== undefined ? `$({ sha256sum ${file} || shasum -a 256 ${file}; } 2>/dev/null)` : '';
  const { words } = await caller.ask(
    (id) => `octo_id=${id}; octo_say 0 "$(wc -c < ${file} | tr -d ' ') ${hash}"`,
    signal,
  );
  const [size = '', sum = ''] = words;
  const isWhole = Number(size) === content.sizeBytes && (sum === '' || sum === content.sha256);
  if (!isWhole) throw damaged(path);
}

function damaged(path: string): Error {
  return sshError('OCTO_TRANSPORT_DAMAGED', `${path} arrived damaged: its content is not what was announced`, {
    hint: 'send it again',
  });
}

/** Its size now; the bytes are read when they are asked for, as often as need be, and after a cut from where it was. */
export async function download(caller: Caller, path: string, signal: AbortSignal): Promise<Bytes | undefined> {
  const full = path.startsWith('/') ? word(path) : `"$octo_root"/${word(inside(path))}`;
  const { words } = await caller.ask((id) => `octo_id=${id}; octo_f=${full}; if [ -f "$octo_f" ] && [ -r "$octo_f" ]; then octo_say 0 "$(wc -c < "$octo_f" | tr -d ' ') $octo_f"; else octo_say 0 ""; fi`, signal); // prettier-ignore
  const [size = '', ...place] = words;
  if (size === '') return undefined;
  const sizeBytes = Number(size);
  return {
    sizeBytes,
    open: (fromByte = 0) => read(caller, { file: place.join(' '), sizeBytes, fromByte }, signal),
  };
}

interface Reading {
  readonly file: string;
  readonly sizeBytes: number;
  readonly fromByte: number;
}

async function* read(caller: Caller, { file, sizeBytes, fromByte }: Reading, signal: AbortSignal) {
  for (let at = fromByte, failures = 0; at < sizeBytes;) {
    try {
      for await (const chunk of readOnce(caller, file, at, signal)) {
        const wanted = chunk.subarray(0, sizeBytes - at);
        at += wanted.length;
        failures = 0;
        yield wanted;
      }
      if (at < sizeBytes) throw damaged(file); // it became shorter meanwhile
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error) || ++failures > 5) throw error;
    }
  }
}

async function* readOnce(caller: Caller, file: string, from: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const { channel, end } = await caller.again(() => caller.lanes.channel(signal), signal);
  try {
    const over = endOf(channel, file);
    over.catch(() => {}); // it is awaited below
    channel.write(`{ exec ${from === 0 ? 'cat' : `tail -c +${from + 1}`} ${word(file)}; }\n`);
    for await (const chunk of channel) {
      signal.throwIfAborted();
      yield chunk as Buffer;
    }
    await over;
  } finally {
    end();
  }
}

/** Waits until the shell on the other side has become what reads the bytes: sh reads its own commands ahead. */
async function ready(channel: ClientChannel, command: string, over: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const hear = (chunk: Buffer) => {
    if (chunk.toString('latin1').includes('ready\n')) resolve();
  };
  channel.on('data', hear);
  channel.write(`{ ${command}; }\n`);
  await Promise.race([promise, over]);
}

/** Exit code of what runs there. Rejects where the connection went first. */
function endOf(channel: ClientChannel, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let code: number | undefined;
    channel.stderr.resume();
    channel.once('exit', (exit: number | null) => (code = exit ?? -1));
    channel.once('close', () => {
      if (code !== undefined) resolve(code);
      else reject(sshError('OCTO_TRANSPORT_SSH_CUT', `the connection to ${host} was cut`, { isPassing: true }));
    });
  });
}

function drained(channel: ClientChannel, host: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stuck = () => fail(sshError('OCTO_TRANSPORT_SSH_CUT', `${host} has taken nothing for ${STUCK_MS / 1_000} s`, { isPassing: true })); // prettier-ignore
    const limit = setTimeout(stuck, STUCK_MS);
    const abort = () => fail(signal.reason as Error);
    const leave = () => {
      clearTimeout(limit);
      signal.removeEventListener('abort', abort);
      channel.off('drain', go);
    };
    const go = () => {
      leave();
      resolve();
    };
    const fail = (error: Error) => {
      leave();
      reject(error);
    };
    signal.addEventListener('abort', abort, { once: true });
    channel.once('drain', go);
  });
}
