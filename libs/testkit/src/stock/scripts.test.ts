import { createDecipheriv, pbkdf2Sync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { workspaceOf } from './agent.ts';
import { type StockClient } from './calls.ts';
import { splitArguments } from './command-line.ts';
import { legacyType, v2Type } from './contract-names.ts';
import { newTicket, runScript, type ScriptToRun, startParams } from './run-script.ts';
import { pair } from './setup.fixture.ts';
import { member, StockStream } from './values.ts';

const V2 = 'IScriptServiceV2';
const PATIENCE = { timeout: 15_000 };
const start = (client: StockClient, ticket: string, script: ScriptToRun) =>
  client.call(V2, 'StartScript', startParams(script, ticket));
const ask = (
  client: StockClient,
  method: 'GetStatus' | 'CancelScript' | 'CompleteScript',
  ticket: string,
  after = 0,
) => {
  const name = {
    GetStatus: 'ScriptStatusRequestV2',
    CancelScript: 'CancelScriptCommandV2',
    CompleteScript: 'CompleteScriptCommandV2',
  } as const;
  return client.call(V2, method, [
    { $type: v2Type(name[method]), Ticket: { TaskId: ticket }, LastLogSequence: BigInt(after) },
  ]);
};
const texts = (status: unknown) => (member(status, 'Logs') as readonly unknown[]).map((line) => member(line, 'Text'));

test('a second start with the same ticket does not run twice, also at once and after a restart (halibut.md 5.5)', async () => {
  await using stock = await pair('listening');
  const ticket = newTicket();
  const script = { body: `echo run >> ${stock.workDir}/runs` };
  const all = await Promise.all([1, 2, 3].map(() => start(stock.client, ticket, script)));
  expect(all.map((status) => member(status, 'State'))).toEqual([2, 2, 2]);
  expect(all[0]).toEqual(all[2]);
  await stock.agent.restart();
  expect(await start(stock.client, ticket, script)).toEqual(all[0]);
  expect(readFileSync(join(stock.workDir, 'runs'), 'utf8')).toBe('run\n');
  expect(await ask(stock.client, 'CompleteScript', ticket)).toBeNull();
  expect(existsSync(workspaceOf(stock.workDir, ticket))).toBe(false);
});

test('a start that does not wait answers Pending without logs; sequences count lines from 1 (5.5)', async () => {
  await using stock = await pair('listening');
  const ticket = newTicket();
  const script = { body: 'echo a; echo b', waitMs: 0 };
  expect(await start(stock.client, ticket, script)).toMatchObject({
    Logs: [],
    NextLogSequence: 0,
    State: 0,
    ExitCode: 0,
  });
  await expect.poll(() => ask(stock.client, 'GetStatus', ticket), PATIENCE).toMatchObject({ State: 2 });
  const whole = await ask(stock.client, 'GetStatus', ticket);
  expect(whole).toMatchObject({
    $type: v2Type('ScriptStatusResponseV2'),
    Ticket: { TaskId: ticket },
    NextLogSequence: 9,
  });
  const rest = await ask(stock.client, 'GetStatus', ticket, 6);
  expect(texts(rest)).toEqual(texts(whole).slice(6));
  expect(await ask(stock.client, 'GetStatus', ticket, 9)).toMatchObject({ Logs: [], NextLogSequence: 9 });
});

test('tickets that nobody knows: -45, and a folder with an empty log; V1 says 0 (5.5, 5.6)', async () => {
  await using stock = await pair('listening');
  for (const method of ['GetStatus', 'CancelScript'] as const)
    expect(await ask(stock.client, method, 'nobody')).toMatchObject({ Logs: [], State: 2, ExitCode: -45 });
  expect(readFileSync(join(workspaceOf(stock.workDir, 'nobody'), 'Output.log'), 'utf8')).toBe('\ufeff');
  expect(await ask(stock.client, 'CompleteScript', 'nobody2')).toBeNull();
  const v1 = { $type: legacyType('ScriptStatusRequest'), Ticket: { TaskId: 'nobody' }, LastLogSequence: 0n };
  expect(await stock.client.call('IScriptService', 'GetStatus', [v1])).toMatchObject({ State: 2, ExitCode: 0 });
});

test('a script that outlives its agent is -46, for ever; its log is kept (5.5)', async () => {
  await using stock = await pair('listening');
  const ticket = newTicket();
  await start(stock.client, ticket, { body: 'echo before; sleep 20', waitMs: 0 });
  await expect.poll(async () => texts(await ask(stock.client, 'GetStatus', ticket)), PATIENCE).toContain('before');
  await stock.agent.restart();
  const status = await ask(stock.client, 'GetStatus', ticket);
  expect(status).toMatchObject({ State: 2, ExitCode: -46 });
  expect(texts(status)).toContain('before');
  const saved = JSON.parse(
    readFileSync(join(workspaceOf(stock.workDir, ticket), 'scriptstate.json'), 'utf8'),
  ) as unknown;
  expect(saved).toMatchObject({ State: 2, ExitCode: -46, RanToCompletion: false, Started: expect.any(String) });
});

test('a full isolation excludes the others of its name, says so, and can time out or be cancelled (7.5)', async () => {
  await using stock = await pair('listening');
  const [holder, late, dropped] = [newTicket(), newTicket(), newTicket()];
  await start(stock.client, holder, { body: 'sleep 20', waitMs: 0 });
  const other = await runScript(stock.client, { body: 'true', mutexName: 'Other' });
  expect(other.exitCode).toBe(0);
  const timedOut = await start(stock.client, late, { body: 'true', mutexTimeoutMs: 250, taskId: 'ServerTasks-2' });
  expect(timedOut).toMatchObject({ State: 2, ExitCode: -44 });
  expect(texts(timedOut).slice(3)).toEqual([
    '##octopus[stdout-wait]',
    'Waiting for the script in task [ServerTasks-1](~/app#/tasks/ServerTasks-1) to finish as this script requires that no other Octopus scripts are executing on this target at the same time.',
    '##octopus[stdout-default]',
    expect.stringMatching(/^This task waited more than 0 minutes and timed out\. Task .* is still running\.$/),
    'Script execution timed out.',
  ]);
  await start(stock.client, dropped, { body: 'true', isolation: 'none', waitMs: 0 });
  await ask(stock.client, 'CancelScript', dropped);
  await expect.poll(() => ask(stock.client, 'GetStatus', dropped), PATIENCE).toMatchObject({ State: 2, ExitCode: -43 });
  await ask(stock.client, 'CancelScript', holder);
  expect(await runScript(stock.client, { body: 'true', isolation: 'none' })).toMatchObject({ exitCode: 0 });
});

test('scripts without isolation run together', async () => {
  await using stock = await pair('listening');
  const meet = (mine: string, theirs: string) => ({
    body: `touch ${stock.workDir}/${mine}; until [ -e ${stock.workDir}/${theirs} ]; do sleep 0.02; done`,
    isolation: 'none' as const,
  });
  const both = await Promise.all([runScript(stock.client, meet('a', 'b')), runScript(stock.client, meet('b', 'a'))]);
  expect(both.map((one) => one.exitCode)).toEqual([0, 0]);
});

test('a file with a password is written as Calamari reads it (7.2)', async () => {
  await using stock = await pair('listening');
  const ticket = newTicket();
  const [command] = startParams({ body: 'true' }, ticket) as [Readonly<Record<string, unknown>>];
  const Files = [{ Name: 'secret', Contents: new StockStream(Buffer.from('value')), EncryptionPassword: 'pw' }];
  await stock.client.call(V2, 'StartScript', [{ ...command, Files }]);
  const bytes = readFileSync(join(workspaceOf(stock.workDir, ticket), 'secret'));
  expect(bytes.subarray(0, 4).toString()).toBe('IV__');
  const key = pbkdf2Sync('pw', 'Octopuss', 1000, 16, 'sha1');
  const decipher = createDecipheriv('aes-128-cbc', key, bytes.subarray(4, 20));
  expect(Buffer.concat([decipher.update(bytes.subarray(20)), decipher.final()]).toString()).toBe('value');
});

test('a script that kills itself ends with 128 and the number (12)', async () => {
  await using stock = await pair('listening');
  expect(await runScript(stock.client, { body: 'kill -9 $$' })).toMatchObject({ exitCode: 137 });
});

test.each([
  ['a b  c', ['a', 'b', 'c']],
  ['"a b" c"d e"f', ['a b', 'cd ef']],
  [String.raw`a\b "c\\" \"d\"`, [String.raw`a\b`, 'c\\', '"d"']],
  ['"a""b" ""', ['a"b', '']],
])('the command line %s is split as .NET does (7.3)', (line, expected) => {
  expect(splitArguments(line)).toEqual(expected);
});
