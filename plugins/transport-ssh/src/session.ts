import {
  type Bytes,
  type Capabilities,
  type Cursor,
  type Launch,
  type OutputLine,
  type ScriptRef,
  type ScriptStatus,
  type Session,
  type ScriptEnd,
  TransportError,
} from '@octo/kernel';
import { answerOf, type Caller } from './caller.ts';
import { isPassing, noRoom, sshError } from './errors.ts';
import { type Lane } from './lanes.ts';
import { detailOf, laying, prepare, taskName, withTicket } from './launch.ts';
import { BEGINNING, parseCursor, type Place, takeLines, toCursor } from './output.ts';
import { type Hello, type Reply } from './shell.ts';
import { download, layLarge, upload } from './transfer.ts';
import { word } from './words.ts';

/** Bytes of each stream in one page, about. */
const PAGE_BYTES = 256 * 1024;
/** One question to the machine waits no longer than this, whatever the caller's patience. */
const ASK_MS = 20_000;
/** Between SIGTERM and SIGKILL, and until what still lives is given up (R153). */
const GRACE_MS = 5_000;
const GIVE_UP_MS = 35_000;

/** A session is cheap: what it needs is kept by the machine's lanes. */
export function sessionOn(caller: Caller, host: string): Session {
  return {
    capabilities: (signal) =>
      caller.call(async ({ shell, hello }) => {
        await answerOf(shell, (id) => `octo_id=${id}; octo_say 0 here`, 0, signal);
        return capabilitiesOf(hello, caller.lanes.program ?? 'an SSH server');
      }, signal),
    start: (ticket, launch, signal) => start(caller, host, { ticket, launch }, signal),
    status: (script, from, signal) => status(caller, script, from, signal),
    cancel: async ({ ticket }, signal) => {
      await caller.ask((id) => `octo_cancel ${id} ${word(ticket)} ${GRACE_MS} ${GIVE_UP_MS}`, signal);
    },
    complete: async ({ ticket }, _after, signal): Promise<readonly OutputLine[]> => {
      await caller.ask((id) => `octo_forget ${id} ${word(ticket)}`, signal);
      return [];
    },
    upload: (path: string, content: Bytes, signal, progress) =>
      upload(caller, { host, path, content }, signal, progress),
    download: (path, signal) => download(caller, path, signal),
    clean: async (olderThanDays, signal) => {
      const { words } = await caller.ask((id) => `octo_clean ${id} ${Math.max(1, Math.floor(olderThanDays))}`, signal);
      return { removed: Number(words[0] ?? 0) };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

function capabilitiesOf({ system, processor, libc, bash }: Hello, agent: string): Capabilities {
  const platform = platformOf(system, processor, libc);
  return {
    agent,
    startsOnce: true,
    shells: bash === undefined ? [] : ['bash'],
    ...(platform !== undefined && { platform }),
  };
}
const SYSTEMS: Readonly<Record<string, string>> = { Linux: 'linux', Darwin: 'darwin', FreeBSD: 'freebsd' };
const PROCESSORS: Readonly<Record<string, string>> = { x86_64: 'x64', amd64: 'x64', aarch64: 'arm64', arm64: 'arm64', armv7l: 'arm' }; // prettier-ignore
function platformOf(system: string, processor: string, libc: string): string | undefined {
  const [os, cpu] = [SYSTEMS[system], PROCESSORS[processor]];
  return os && cpu && `${os}-${cpu}${libc === 'musl' ? '-musl' : ''}`;
}

interface Asked {
  readonly ticket: string;
  readonly launch: Launch;
}

async function start(caller: Caller, host: string, asked: Asked, signal: AbortSignal): Promise<ScriptStatus> {
  const { ticket, launch } = asked;
  let isTold = false;
  const attempt = () => launchOnce(caller, { ...asked, host, told: () => (isTold = true) }, signal);
  const answer = await caller.again(attempt, signal, () => isTold);
  if (answer === 'no-room') throw noRoom(host);
  if (answer.startsWith('fenced'))
    throw new TransportError(
      'OCTO_TRANSPORT_FENCED',
      `another node has taken over ${launch.taskId}: fence ${launch.fence} came after ${Number(answer.slice('fenced '.length))}`,
      { started: 'no', hint: 'look at the log of the task; this node must not start anything for it any more' },
    );
  if (answer === 'known') return status(caller, { ticket }, { after: '', waitMs: 0 }, signal);
  return { state: 'Pending', lines: [], next: toCursor(BEGINNING) };
}

interface Launching extends Asked {
  readonly host: string;
  readonly told: () => void;
}

/**
 * Lays the folder under a name of its own and gives it the ticket, which one start alone can do (R143). Another try is
 * another folder: what is left of the one before may still be at work.
 */
async function launchOnce(caller: Caller, it: Launching, signal: AbortSignal): Promise<string> {
  const { ticket, launch, host, told } = it;
  const hello = await caller.once(async (lane) => lane.hello, signal);
  if (hello.bash === undefined)
    throw sshError('OCTO_TRANSPORT_SSH_SHELL', `${host} has no bash, which scripts are written for`, {
      hint: 'install bash there, and see that it is on the PATH of a shell that is not interactive',
      isReached: true,
    });
  const { inline, large } = await prepare(launch, !hello.keepsWords, signal);
  const ask = (command: (id: string) => string) =>
    caller.once(({ shell }) => answerOf(shell, command, 0, signal), signal);
  let name = '';
  try {
    if (large.length > 0) {
      const answer = 'octo_say 0 "${octo_known:+known }${octo_bad:+no-room }${octo_d##*/}"';
      const { words } = await ask((id) => `octo_begin ${id} ${word(ticket)} ''; ${answer}`);
      if (words[0] === 'known' || words[0] === 'no-room') return words[0];
      name = words[0] ?? '';
      for (const { path, content } of large)
        await layLarge(caller, { host, path: `${hello.root}/w/${name}/${path}`, content }, signal);
    }
    const fence = launch.fence === undefined ? '-' : String(launch.fence).padStart(12, '0');
    const task = taskName(launch.taskId);
    told();
    const files = laying(withTicket(inline, ticket));
    const { words } = await ask(
      (id) => `octo_begin ${id} ${word(ticket)} '${name}'\n${files}\nocto_launch ${id} ${task} ${fence}`,
    );
    return words.join(' ');
  } catch (error) {
    if (name !== '' && !isPassing(error)) await drop(caller, name);
    throw error;
  }
}

/** What is not dropped, because nobody answers, is swept later. */
async function drop(caller: Caller, name: string): Promise<void> {
  const late = AbortSignal.timeout(5_000);
  const command = (id: string) => `octo_drop ${id} ${name}`;
  await caller.once(({ shell }) => answerOf(shell, command, 0, late), late).catch(() => {});
}

interface From {
  readonly after: Cursor;
  readonly waitMs: number;
}

/** Asks once, and again where the machine was asked to give way, or waits less long than the caller. */
async function status(caller: Caller, { ticket }: ScriptRef, from: From, signal: AbortSignal): Promise<ScriptStatus> {
  const place = parseCursor(from.after);
  const untilMs = caller.clock.now() + from.waitMs;
  for (;;) {
    const waitMs = Math.max(0, Math.min(untilMs - caller.clock.now(), ASK_MS));
    const page = await caller.call((lane) => ask(lane, caller, { ticket, place, waitMs }, signal), signal);
    const isNews = page.lines.length > 0 || page.state === 'Complete' || page.next !== toCursor(place);
    if (isNews || caller.clock.now() >= untilMs) return page;
  }
}

interface Question {
  readonly ticket: string;
  readonly place: Place;
  readonly waitMs: number;
}

async function ask(
  lane: Lane,
  caller: Caller,
  { ticket, place, waitMs }: Question,
  signal: AbortSignal,
): Promise<ScriptStatus> {
  const { entries, out, err, outLine, errLine } = place;
  const at = [entries, out, err, outLine, errLine, Math.round(waitMs), PAGE_BYTES].join(' ');
  using _way = waitMs > 0 ? caller.lanes.resting(() => lane.shell.nudge()) : undefined;
  const reply = await answerOf(lane.shell, (id) => `octo_ask ${id} ${word(ticket)} ${at}`, waitMs, signal);
  return pageOf(reply);
}

/** Source of the words: octo_ask in machine.ts. */
function pageOf({ words, bytes }: Reply): ScriptStatus {
  const [state = '', end = '', code = '', ...rest] = words;
  const [entries = 0, out = 0, err = 0, atMs = 0, erased = 0, outSize = 0] = rest.slice(0, 7).map(Number);
  const why = rest.slice(7).join(' ');
  const isLast = state === 'Complete';
  const part = { entries, out, err, atMs, erased, isLast };
  const { lines, next } = takeLines({
    ...part,
    outBytes: bytes.subarray(0, outSize),
    errBytes: bytes.subarray(outSize),
  });
  const page = { lines, next: toCursor(next) };
  if (isLast) {
    const detail = detailOf(end, Number(code), why);
    return { ...page, state, end: end as ScriptEnd, exitCode: Number(code), ...(detail !== undefined && { detail }) }; // as machine.ts writes it
  }
  return { ...page, state: state === 'Pending' ? 'Pending' : 'Running' };
}
