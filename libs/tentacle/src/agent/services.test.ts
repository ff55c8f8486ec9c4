import { type Agent, openAgent } from '@octo/agent';
import { asServerError, IncomingStream, OutgoingStream, type ServiceContract } from '@octo/halibut';
import { TransportError } from '@octo/kernel';
import { eventually, realClock } from '@octo/testkit';
import { createDecipheriv, pbkdf2Sync } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { incoming, textStream } from '../caller.fixture.ts';
import { CAPABILITIES, FILES, SCRIPTS_V1, SCRIPTS_V2 } from '../contracts.ts';
import { Reading } from '../reading.ts';
import { readStatus, type StatusMessage } from '../script-messages.ts';
import { tentacleServices } from './services.ts';

// The machine's end as a server of Octopus meets it (halibut.md 3.11, 5.4-5.7, 7.2, 7.3, 7.5).
const NOW = Date.parse('2026-01-02T03:04:05.678Z');
let home: string;
let agent: Agent;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'octo-services-'));
  agent = openAgent({ root: home, clock: realClock, graceMs: 200, environment: { TentacleHome: home } });
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

const context = { signal: AbortSignal.timeout(60_000), peerThumbprint: '' };
const offered = (of: Agent = agent) =>
  tentacleServices({ agent: of, clock: { now: () => NOW }, name: 'octo agent', home });
const call = ({ name }: ServiceContract, method: string, ...params: unknown[]) =>
  offered().find(name)?.invoke(method, params, context) ?? Promise.reject(new Error(`no ${name}`));
let tickets = 0;
const newTicket = () => `t${process.pid}x${++tickets}`;

interface Start {
  readonly ticket: string;
  readonly Files?: readonly object[];
  readonly Arguments?: readonly string[];
  readonly [more: string]: unknown;
}
/** A start command as the real client writes it, its members replaced by `more`. */
const startV2 = async (bash: string, { ticket, ...more }: Start): Promise<StatusMessage> =>
  readStatus(
    await call(SCRIPTS_V2, 'StartScript', {
      ScriptTicket: { TaskId: ticket },
      ScriptBody: 'Write-Host not for bash',
      TaskId: 'ServerTasks-1',
      DurationToWaitForScriptToFinish: '00:00:10',
      Isolation: 0,
      ScriptIsolationMutexTimeout: '24.20:31:23.6470000',
      IsolationMutexName: 'RunningScript',
      Scripts: { Bash: bash },
      Files: [],
      Arguments: [],
      ...more,
    }),
  );
const askV2 = async (ticket: string, after = 0, method = 'GetStatus') =>
  readStatus(await call(SCRIPTS_V2, method, { Ticket: { TaskId: ticket }, LastLogSequence: after }));
const textsOf = ({ lines }: StatusMessage) => lines.map((line) => line.text);
const untilDone = (ticket: string) =>
  eventually('the script is over', async () => {
    const status = await askV2(ticket);
    return status.state === 'Complete' && status;
  });

test('it says what it can do, and an unknown service is unknown in the words of a Tentacle', async () => {
  expect(await call(CAPABILITIES, 'GetCapabilities')).toEqual({
    SupportedCapabilities: ['IScriptService', 'IFileTransferService', 'IScriptServiceV2', 'IOctoAgentV1'],
  });
  const { message, details, errorType } = asServerError(offered().unknownService?.('INope'));
  expect(message).toBe('Error: INope has not been registered through an IAutofacServiceSource');
  expect(details).toMatch(/^Octopus\.Tentacle\.Communications\.UnknownServiceNameException: Error: INope/);
  expect(errorType).toBeUndefined();
});

test('a machine side that closes says so in the words after which a client comes again', async () => {
  const closed = new TransportError('OCTO_TRANSPORT_CLOSED', 'closed', { started: 'maybe' });
  const status = () => Promise.reject(closed);
  const service = offered({ status } as unknown as Agent).find('IScriptServiceV2'); // only this is asked
  const error = await service?.invoke('GetStatus', [{ Ticket: { TaskId: 't' } }], context).catch((it: unknown) => it);
  expect(asServerError(error)).toEqual({
    message: 'The Tentacle service is shutting down and cannot process this request.',
    details: 'System.Exception: The Tentacle service is shutting down and cannot process this request.',
    errorType: undefined,
  });
});

describe('script service 2', () => {
  test('a short script is over in one round trip, with its words, files and exit code', async () => {
    const Files = [{ Name: String.raw`sub\f.txt`, Contents: textStream('filed\n'), EncryptionPassword: null }];
    const files = Files.map((file) => ({ ...file, Contents: incoming(file.Contents) }));
    const more = { ticket: newTicket(), Files: files, Arguments: ['"a b"', 'c'] };
    const status = await startV2('printf "%s|" "$@"; echo; cat sub/f.txt; echo oops >&2; exit 7', more);
    expect(status).toMatchObject({ state: 'Complete', exitCode: 7, next: 3 });
    expect(textsOf(status).toSorted()).toEqual(['a b|c|', 'filed', 'oops']);
  });

  test('an answer without a wait comes at once, and lines have numbers from 1', async () => {
    const ticket = newTicket();
    const wait = { DurationToWaitForScriptToFinish: null };
    const first = await startV2('sleep 0.3; echo 1; echo 2; echo 3; exit 2', { ticket, ...wait });
    expect(first.state).not.toBe('Complete');
    expect(await untilDone(ticket)).toMatchObject({ exitCode: 2, next: 3 });
    expect(textsOf(await askV2(ticket, 1))).toEqual(['2', '3']);
    expect(await askV2(ticket, 3)).toMatchObject({ lines: [], next: 3, state: 'Complete' });
  });

  test('a second start with the ticket runs nothing and answers from the first line', async () => {
    const ticket = newTicket();
    const file = join(home, ticket);
    const body = `echo ran >> '${file}'; echo once`;
    await Promise.all([startV2(body, { ticket }), startV2(body, { ticket })]);
    expect(textsOf(await startV2(body, { ticket }))).toEqual(['once']);
    expect(await readFile(file, 'utf8')).toBe('ran\n');
  });

  test('an unknown ticket is Complete with -45, also a negative or enormous number of lines later', async () => {
    for (const after of [0, -3, 2 ** 62])
      expect(await askV2(newTicket(), after)).toMatchObject({ state: 'Complete', exitCode: -45, lines: [] });
    expect(await call(SCRIPTS_V2, 'CompleteScript', { Ticket: { TaskId: newTicket() } })).toBeNull();
  });

  test('complete forgets the ticket', async () => {
    const ticket = newTicket();
    await startV2('true', { ticket });
    expect(await call(SCRIPTS_V2, 'CompleteScript', { Ticket: { TaskId: ticket } })).toBeNull();
    expect(await askV2(ticket)).toMatchObject({ state: 'Complete', exitCode: -45 });
  });

  test('waiting for the mutex is Pending, a cancel ends it with -43, its time limit with -44 (5.3)', async () => {
    const alone = { Isolation: 'FullIsolation', IsolationMutexName: newTicket() };
    const [holder, cancelled, late] = [newTicket(), newTicket(), newTicket()];
    const soon = { DurationToWaitForScriptToFinish: '00:00:00.0500000', ...alone };
    expect((await startV2('sleep 30', { ticket: holder, ...soon })).state).toBe('Running');
    expect((await startV2('true', { ticket: cancelled, ...soon })).state).toBe('Pending');
    await startV2('true', { ticket: late, ...soon, ScriptIsolationMutexTimeout: '00:00:00.3' });
    await askV2(cancelled, 0, 'CancelScript');
    expect(await untilDone(cancelled)).toMatchObject({ exitCode: -43 });
    const timedOut = await untilDone(late);
    expect(timedOut.exitCode).toBe(-44);
    expect(textsOf(timedOut)).toContain('Script execution timed out.');
    await askV2(holder, 0, 'CancelScript');
    await untilDone(holder);
  });

  test('the environment is what the agent was given (7.4)', async () => {
    expect(textsOf(await startV2('echo "$TentacleHome"', { ticket: newTicket() }))).toEqual([home]);
  });

  test('the body for bash may be named by its number, and is the other one where there is none (3.4, 7.2)', async () => {
    expect(textsOf(await startV2('', { ticket: newTicket(), Scripts: { 1: 'echo bash' } }))).toEqual(['bash']);
    const only = { Scripts: {}, ScriptBody: 'echo body\r\necho more\r\n' };
    expect(textsOf(await startV2('', { ticket: newTicket(), ...only }))).toEqual(['body', 'more']);
  });

  test('a file with a password is encrypted before it is written (7.2)', async () => {
    const Contents = incoming(textStream('secret text that is longer than a block'));
    const Files = [{ Name: 'f', Contents, EncryptionPassword: 'pass' }];
    const [line = ''] = textsOf(await startV2('base64 -w0 f', { ticket: newTicket(), Files }));
    const file = Buffer.from(line, 'base64');
    expect(file.toString('latin1', 0, 4)).toBe('IV__');
    const key = pbkdf2Sync('pass', 'Octopuss', 1000, 16, 'sha1');
    const plain = createDecipheriv('aes-128-cbc', key, file.subarray(4, 20));
    const text = Buffer.concat([plain.update(file.subarray(20)), plain.final()]).toString();
    expect(text).toBe('secret text that is longer than a block');
  });
});

describe('script service 1', () => {
  const start = async (Bash: string, TaskId: string | null = 'ServerTasks-17') => {
    const command = { ScriptBody: '', Isolation: 0, Scripts: { Bash }, Files: [], Arguments: [], TaskId };
    return new Reading(await call(SCRIPTS_V1, 'StartScript', command), 'the ticket').text('TaskId') ?? '';
  };
  const ask = async (method: string, ticket: string, after = 0) =>
    readStatus(await call(SCRIPTS_V1, method, { Ticket: { TaskId: ticket }, LastLogSequence: after }));

  test('the agent makes the ticket; each start is a script of its own; complete has the last lines', async () => {
    const service = offered().find(SCRIPTS_V1.name);
    const Command = { ScriptBody: '', Scripts: { Bash: 'echo a; echo b; exit 3' }, TaskId: 'ServerTasks-17' };
    const made = [1, 2].map(async () => service?.invoke('StartScript', [Command], context));
    const names = (await Promise.all(made)).map((it) => new Reading(it, 'the ticket').text('TaskId') ?? '');
    expect(names.toSorted()).toEqual(['20260102030405-17-1', '20260102030405-17-2']);
    const [ticket = ''] = names;
    await eventually('it is over', async () => (await ask('GetStatus', ticket)).state === 'Complete');
    const last = await ask('CompleteScript', ticket, 1);
    expect([textsOf(last), last.exitCode, last.state]).toEqual([['b'], 3, 'Complete']);
    expect(await ask('GetStatus', ticket)).toMatchObject({ state: 'Complete', exitCode: 0, lines: [] });
  });

  test.each(['GetStatus', 'CancelScript', 'CompleteScript'])(
    '%s of an unknown ticket is Complete with 0',
    async (it) => {
      expect(await ask(it, '20260102030405-1-99', 4)).toMatchObject({ state: 'Complete', exitCode: 0, next: 4 });
    },
  );

  test('a ticket of an earlier process in the same second is not given again', async () => {
    const made = [await start('true', 'ServerTasks-again'), await start('true', 'ServerTasks-again')]; // each a new host
    expect(made).toEqual(['20260102030405-again-1', '20260102030405-again-2']);
  });

  test('a task of any name, or none, has a ticket that is a folder', async () => {
    const names = [await start('true', `ServerTasks-${'x'.repeat(200)}/..`), await start('true', null)];
    for (const name of names) expect(name).toMatch(/^20260102030405-x{0,40}-\d+$/);
  });

  test('a script is cancelled', async () => {
    const ticket = await start('echo up; sleep 30', 'ServerTasks-cancel');
    await ask('CancelScript', ticket);
    await eventually('it is over', async () => (await ask('GetStatus', ticket)).state === 'Complete');
  });
});

describe('file transfer', () => {
  const upload = async (path: string, text: string) =>
    call(FILES, 'UploadFile', path, incoming(textStream(text))) as Promise<Record<string, unknown>>; // read below
  const download = async (path: string) => {
    const stream = await call(FILES, 'DownloadFile', path);
    if (!(stream instanceof OutgoingStream)) return stream;
    let text = '';
    for await (const chunk of stream.open(context.signal)) text += Buffer.from(chunk).toString();
    return { lengthBytes: stream.lengthBytes, text };
  };

  test('relative paths start at home, with either slash; what is there is replaced; the answer has the SHA-1', async () => {
    const FullPath = join(home, 'dir', 'f.bin');
    const hello = { FullPath, Hash: 'aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d', Length: 5n };
    expect(await upload('dir/f.bin', 'hello')).toEqual(hello);
    expect(await upload(String.raw`dir\f.bin`, 'other')).toMatchObject({ FullPath, Length: 5n });
    expect(await readFile(FullPath, 'utf8')).toBe('other');
    expect(await upload(join(home, 'absolute'), '')).toMatchObject({ FullPath: join(home, 'absolute'), Length: 0n });
    expect(await download(String.raw`dir\f.bin`)).toEqual({ lengthBytes: 5, text: 'other' });
  });

  test('no stream stores nothing; what is not there is null, a folder too', async () => {
    expect(await call(FILES, 'UploadFile', 'none', null)).toMatchObject({ Hash: null, Length: 0n });
    expect([await download('none'), await download('work')]).toEqual([null, null]);
  });

  test('an upload that is cut leaves what was there', async () => {
    await upload('cut', 'before');
    const broken = new OutgoingStream(9, async function* () {
      yield Buffer.from('half');
      throw new Error('the connection broke');
    });
    await expect(call(FILES, 'UploadFile', 'cut', incoming(broken))).rejects.toThrow('broke');
    expect(await download('cut')).toMatchObject({ text: 'before' });
  });

  test('a file that has grown since is as long as was said', async () => {
    await writeFile(join(home, 'grows'), 'first');
    const stream = await call(FILES, 'DownloadFile', 'grows');
    await appendFile(join(home, 'grows'), ' and more');
    if (!(stream instanceof OutgoingStream)) throw new Error('no stream');
    let text = '';
    for await (const chunk of stream.open(context.signal)) text += Buffer.from(chunk).toString();
    expect([stream.lengthBytes, text]).toEqual([5, 'first']);
  });

  test('a file that does not fit on the disk is refused before a byte is read', async () => {
    const huge = incoming({ lengthBytes: 2 ** 50, open: () => [] as never });
    await expect(call(FILES, 'UploadFile', 'huge', huge)).rejects.toThrow(/MiB free, and \d+ MiB are needed/);
    expect(huge).toBeInstanceOf(IncomingStream);
    expect(huge.isTaken).toBe(false);
  });
});
