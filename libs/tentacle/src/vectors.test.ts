import { OutgoingStream, type TypeContract } from '@octo/halibut';
import { launchOf, textBytes } from '@octo/testkit';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fileService } from './agent/file-service.ts';
import { callerOf, incoming, optionsOf } from './caller.fixture.ts';
import * as contracts from './contracts.ts';
import { writeStatus } from './script-messages.ts';
import { openTentacleSession } from './session.ts';

// What is said, member by member and in order, against messages of a reference encoder (halibut.md 10.3). That such
// members become such bytes is proved by libs/halibut on the same messages.
const file = new URL('../../../../shared/vectors/halibut/vectors.json', import.meta.url);
const isThere = existsSync(file);

interface Message {
  readonly service: string;
  readonly method: string;
  readonly params: readonly unknown[];
  readonly result: { readonly $type: string };
}
const messages = new Map(
  (isThere ? (JSON.parse(readFileSync(file, 'utf8')) as { name: string; json: string }[]) : []).map(
    ({ name, json }) => [name, (JSON.parse(json) as { Message: Message }).Message] as const,
  ),
);
function messageOf(name: string): Message {
  const found = messages.get(name);
  if (!found) throw new Error(`there is no vector ${name}`);
  return found;
}
const services = Object.values(contracts);

/** A value as the vectors spell it: order counts, streams by what the vectors call them. */
function spelt(value: unknown): string {
  return JSON.stringify(value, (_name, it: unknown) => {
    if (typeof it === 'bigint') return { $int64: String(it) };
    if (it instanceof OutgoingStream)
      return { id: { $guid: '00112233-4455-6677-8899-aabbccddeeff' }, length: { $int64: String(it.lengthBytes) } };
    return it;
  });
}
/** `$type` of each parameter, and the parameters without it. */
function taken(values: readonly unknown[]) {
  const types = values.map((it) => (it as { $type?: string } | null)?.$type);
  const rest = values.map((it) => {
    if (typeof it !== 'object' || it === null) return it;
    const { $type: _type, ...members } = it as Record<string, unknown>;
    return members;
  });
  return { types, json: JSON.stringify(rest) };
}
function typesOf(service: string, method: string) {
  const contract = services.find(({ name }) => name === service)?.methods[method];
  const type = (it: TypeContract | undefined) =>
    it?.kind === 'object' ? it.type : it?.kind === 'stream' ? 'Halibut.DataStream, Halibut' : undefined;
  return { params: contract?.params.map(type), result: type(contract?.result) };
}

/** What a session says to a machine that offers these services. */
async function said(
  offered: readonly string[],
  say: (session: ReturnType<typeof openTentacleSession>, signal: AbortSignal) => Promise<unknown>,
) {
  const caller = callerOf(({ service, method }) => {
    if (method === 'GetCapabilities') return { SupportedCapabilities: offered };
    return service.name === 'IScriptService' ? { TaskId: 'h' } : { State: 2, Length: 5 };
  });
  await say(openTentacleSession(optionsOf(caller)), new AbortController().signal);
  return caller.calls.at(-1);
}
const V2 = ['IScriptServiceV2', 'IFileTransferService'];
const exclusive = { exclusive: true, mutex: 'RunningScript' };
const withFile = launchOf('echo bash', {
  body: { bash: 'echo bash', powershell: 'echo hi' },
  isolation: exclusive,
  files: [{ name: 'f.txt', content: textBytes('hello') }],
});

describe.skipIf(!isThere)('requests', () => {
  test.each([
    [
      'getstatus-request',
      () => said(V2, (it, signal) => it.status({ ticket: 'abc123' }, { after: '3', waitMs: 0 }, signal)),
    ],
    ['uploadfile-request', () => said(V2, (it, signal) => it.upload('dir/f.bin', textBytes('hello'), signal))],
    ['getcapabilities-request', () => said(V2, (it, signal) => it.capabilities(signal))],
  ])('%s', async (name, ask) => {
    const [wanted, call] = [messageOf(name), await ask()];
    const { types, json } = taken(wanted.params);
    expect([call?.service.name, call?.method, spelt(call?.params)]).toEqual([wanted.service, wanted.method, json]);
    expect(typesOf(wanted.service, wanted.method).params).toEqual(types);
  });

  test('startscript-v2-with-file, but for a wait of ours (perf.md a7)', async () => {
    const wanted = messageOf('startscript-v2-with-file');
    const call = await said(V2, (it, signal) => it.start('abc123', withFile, signal));
    const { types, json } = taken(wanted.params);
    expect(spelt(call?.params).replace('"00:00:00.1000000"', '"00:00:05"')).toBe(json);
    expect(typesOf(wanted.service, wanted.method).params).toEqual(types);
  });

  test('startscript-v1-request, but for a mutex that we always name and a body for both shells', async () => {
    const wanted = messageOf('startscript-v1-request');
    const isolation = { exclusive: false, mutex: 'm', timeoutMs: 300_000 };
    const launch = launchOf('', { body: { powershell: 'echo hi' }, isolation });
    const call = await said(['IScriptService'], (it, signal) => it.start('abc123', launch, signal));
    const { types, json } = taken(wanted.params);
    expect(spelt(call?.params).replace('"IsolationMutexName":"m"', '"IsolationMutexName":null')).toBe(json);
    expect(typesOf(wanted.service, wanted.method).params).toEqual(types);
  });
});

describe.skipIf(!isThere)('responses', () => {
  const resultOf = (name: string) => taken([messageOf(name).result]);

  test('status-response', () => {
    const lines = [{ source: 'StdErr', atMs: Date.parse('2026-01-01T17:04:05.678Z'), text: 'x' }] as const;
    const ours = writeStatus('abc123', { state: 'Complete', exitCode: -43, lines, next: 7 });
    const { types, json } = resultOf('status-response');
    expect(spelt([ours])).toBe(json);
    expect([typesOf('IScriptServiceV2', 'GetStatus').result]).toEqual(types);
  });

  test('uploadfile-response', async () => {
    const { types, json } = resultOf('uploadfile-response');
    const agent = { upload: async () => ({ path: '' }) };
    const upload = async (path: string, content: { open(): AsyncIterable<Uint8Array> }) => {
      for await (const _chunk of content.open());
      return agent.upload();
    };
    const service = fileService({ agent: { upload }, home: '/tmp' } as never); // the rest is not used by an upload
    const open = () => textBytes('hello').open();
    const signal = new AbortController().signal;
    const result = await service.invoke('UploadFile', ['dir/f.bin', incoming({ lengthBytes: 5, open })], {
      signal,
      peerThumbprint: '',
    });
    expect(spelt([result]).replace('"/tmp/', '"/etc/octopus/Tentacle/')).toBe(json);
    expect([typesOf('IFileTransferService', 'UploadFile').result]).toEqual(types);
  });

  test.each([
    ['capabilities-response', 'ICapabilitiesServiceV2', 'GetCapabilities'],
    ['downloadfile-response', 'IFileTransferService', 'DownloadFile'],
    ['startscript-v1-response', 'IScriptService', 'StartScript'],
  ])('%s has the type that is declared', (name, service, method) => {
    expect([typesOf(service, method).result]).toEqual(resultOf(name).types);
  });
});

// halibut.md 3.8: these twelve and no others, of which seven travel as an object of their own.
test('types of old are written under their old name and read under both, all others under their own', () => {
  const types = services
    .filter(({ name }) => name !== 'IOctoAgentV1')
    .flatMap(({ methods }) => Object.values(methods).flatMap(({ params, result }) => [...params, result]))
    .filter((it) => it.kind === 'object');
  const old = types.filter(({ type }) => type.endsWith(', Octopus.Shared'));
  expect([...new Set(old.map(({ type }) => type))].toSorted()).toEqual(
    ['CancelScriptCommand', 'CompleteScriptCommand', 'ScriptStatusRequest', 'ScriptStatusResponse', 'ScriptTicket', 'StartScriptCommand', 'UploadResult'] // prettier-ignore
      .map((name) => `Octopus.Shared.Contracts.${name}, Octopus.Shared`),
  );
  for (const { type, alsoReads } of old) {
    const [, name] = /\.(\w+), Octopus\.Shared$/.exec(type) ?? [];
    expect(alsoReads).toEqual([`Octopus.Tentacle.Contracts.${name}, Octopus.Tentacle.Contracts`]);
  }
  for (const { type } of types.filter((it) => !old.includes(it)))
    expect(type).toMatch(/, Octopus\.Tentacle\.Contracts$/);
});
