import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { workspaceOf } from './agent.ts';
import { StockRemoteError } from './calls.ts';
import { capabilitiesOf, runScript } from './run-script.ts';
import { type Mode, pair } from './setup.fixture.ts';
import { type TlsVersion } from './acceptor.ts';
import { StockStream } from './values.ts';

const WAYS = (['listening', 'polling'] as const).flatMap((mode) =>
  (['1.2', '1.3'] as const).map((tls) => [mode, tls] as const),
);
const FAST = { timeScale: 0.05 };
const FILE_TRANSFER = 'IFileTransferService';

describe.each(WAYS)('stock agent and stock server, %s, TLS %s', (mode: Mode, tls: TlsVersion) => {
  test('capabilities are those of an ordinary Tentacle (halibut.md 5.4)', async () => {
    await using stock = await pair(mode, { tls });
    expect(await capabilitiesOf(stock.client)).toEqual(['IScriptService', 'IFileTransferService', 'IScriptServiceV2']);
    await expect(capabilitiesOf(stock.client)).resolves.toHaveLength(3); // the connection is used again
  });

  test('a script runs with its files and arguments, and its log is the recorded one (5.5, 7.3, 12)', async () => {
    await using stock = await pair(mode, { tls });
    const ran = await runScript(
      stock.client,
      {
        body: 'cat v.txt\r\ncat sub/e.txt; echo "$#:$1:$2:$3" >&2; exit 3',
        files: { 'v.txt': stream('value\n'), 'sub\\e.txt': stream('') },
        arguments: ['one', '"two three"', 'a"b"c'],
      },
      FAST,
    );
    const folder = workspaceOf(stock.workDir, ran.ticket);
    const texts = ran.lines.map(({ source, text }) => `${source} ${text}`);
    const head = [
      '0 ##octopus[stdout-verbose]',
      '0 Acquiring isolation mutex RunningScript with FullIsolation in ServerTasks-1',
      '0 ##octopus[stdout-default]',
      '2 Executable directory is /bin',
      '2 Executable name or full path: /bin/bash',
      expect.stringContaining(`2 Starting /bin/bash in working directory '${folder}' using 'Unicode (UTF-8)' encoding`),
    ];
    expect(texts.slice(0, 6)).toEqual(head);
    expect(texts.slice(6, 8).toSorted((a, b) => a.localeCompare(b))).toEqual(['0 value', '1 3:one:two three:abc']);
    expect(texts.slice(8)).toEqual([`2 Process /bin/bash in ${folder} exited with code 3`]);
    expect(ran).toMatchObject({ exitCode: 3, isV2: true });
    expect(ran.lines.every(({ occurred }) => Math.abs(Date.now() - occurred.getTime()) < 60_000)).toBe(true);
    expect(existsSync(folder)).toBe(false);
  });

  test('a cancelled script is killed with its children', async () => {
    await using stock = await pair(mode, { tls });
    const cancel = new AbortController();
    const onLog = ({ text }: { readonly text: string }) => text === 'started' && cancel.abort();
    const mark = join(stock.workDir, 'mark');
    const body = `(sleep 0.4; touch ${mark}) & echo started; wait`;
    const ran = await runScript(stock.client, { body, waitMs: 0 }, { ...FAST, cancel: cancel.signal, onLog });
    expect(ran.exitCode).toBe(-1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(existsSync(mark)).toBe(false);
  });

  test.each([0, 1, 65_536, 10_000_000])('a file of %d bytes goes there and back (5.7)', async (length) => {
    await using stock = await pair(mode, { tls });
    const bytes = randomBytes(length);
    const answer = await stock.client.call(FILE_TRANSFER, 'UploadFile', ['dir\\a.bin', new StockStream(bytes)]);
    expect(answer).toEqual({
      $type: 'Octopus.Shared.Contracts.UploadResult, Octopus.Shared',
      FullPath: join(stock.workDir, 'dir/a.bin'),
      Hash: createHash('sha1').update(bytes).digest('hex'),
      Length: length,
    });
    const back = await stock.client.call(FILE_TRANSFER, 'DownloadFile', ['dir/a.bin']);
    expect((back as StockStream).bytes.equals(bytes)).toBe(true);
    expect(readFileSync(join(stock.workDir, 'dir/a.bin')).equals(bytes)).toBe(true);
  });

  test('what does not fit a contract is answered with the texts of a Tentacle (3.11)', async () => {
    await using stock = await pair(mode, { tls });
    const failure = (service: string, method: string, params: readonly unknown[] = []) =>
      stock.client.call(service, method, params).then(
        () => undefined,
        (error: unknown) => error as StockRemoteError,
      );
    const nobody = await failure('IKubernetesScriptServiceV1', 'GetStatus');
    expect(nobody).toBeInstanceOf(StockRemoteError);
    expect(nobody?.message).toBe(
      'Error: IKubernetesScriptServiceV1 has not been registered through an IAutofacServiceSource',
    );
    expect(nobody?.details).toMatch(/^Octopus.Tentacle.Communications.UnknownServiceNameException: Error: IKub/);
    expect(nobody?.errorType).toBeUndefined();
    expect(await failure(FILE_TRANSFER, 'Nope')).toMatchObject({
      message: 'Method Octopus.Tentacle.Services.FileTransfer.FileTransferService::NopeAsync not found',
      errorType: 'Halibut.Exceptions.MethodNotFoundHalibutClientException',
    });
    const untyped = { Ticket: { TaskId: 'x' }, LastLogSequence: 0n };
    for (const params of [
      [],
      [untyped],
      [{ ...untyped, $type: 'Octopus.Shared.Contracts.ScriptTicket, Octopus.Shared' }],
    ])
      expect(await failure('IScriptServiceV2', 'GetStatus', params)).toMatchObject({
        message: expect.stringMatching(/^Could not decide which candidate to call/),
        errorType: 'Halibut.Exceptions.AmbiguousMethodMatchHalibutClientException',
      });
    const inside = await failure(FILE_TRANSFER, 'UploadFile', ['/proc/version/x', stream('x')]);
    expect(inside?.details).toMatch(
      /^System.Reflection.TargetInvocationException: Exception has been thrown by the target of an invocation./,
    );
    expect(await stock.client.call(FILE_TRANSFER, 'downloadFILE', ['nothing'])).toBeNull();
    expect(await stock.client.call(FILE_TRANSFER, 'UploadFile', ['x', null])).toMatchObject({ Hash: null, Length: 0 });
  });

  test('an agent that lives on after a lost peer, and a peer after a killed agent', async () => {
    await using stock = await pair(mode, { tls });
    await capabilitiesOf(stock.client);
    await stock.agent.restart();
    await expect.poll(() => capabilitiesOf(stock.client).catch(() => []), { timeout: 15_000 }).toHaveLength(3);
  });
});

describe.each(['listening', 'polling'] as const)('older agents, %s', (mode) => {
  test.each([{ withoutCapabilities: true }, { v1Only: true }])('%j: scripts are V1 (5.4, 5.6)', async (old) => {
    await using stock = await pair(mode, { tls: '1.2', ...old });
    expect(await capabilitiesOf(stock.client)).toEqual(['IScriptService', 'IFileTransferService']);
    const ran = await runScript(stock.client, { body: 'echo hi; exit 7', taskId: 'ServerTasks-12' }, FAST);
    expect(ran).toMatchObject({ exitCode: 7, isV2: false, ticket: expect.stringMatching(/^\d{14}-12-1$/) });
    expect(ran.lines.map((line) => line.text)).toContain('hi');
  });
});

function stream(text: string): StockStream {
  return new StockStream(Buffer.from(text));
}
