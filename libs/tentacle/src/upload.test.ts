import { type Agent } from '@octo/agent';
import { type Call, type Caller, Guid, IncomingStream, RemoteError, ServerError } from '@octo/halibut';
import { type Bytes } from '@octo/kernel';
import { realClock, textBytes } from '@octo/testkit';
import { expect, test } from 'vitest';
import { octoService } from './agent/octo-service.ts';
import { KnownScripts } from './known-scripts.ts';
import { uploadToOcto } from './octo-agent.ts';

const signal = AbortSignal.timeout(5_000);

/** What an agent stores that has so many bytes of the content already. */
async function stored(text: string, fromByte: bigint, keptBytes: number): Promise<string> {
  let seen = '';
  const upload = async (path: string, content: Bytes) => {
    for await (const chunk of content.open(keptBytes)) seen += Buffer.from(chunk).toString();
    return { path };
  };
  const agent = { upload } as unknown as Agent; // the rest of it is not asked
  const service = octoService({ agent, clock: realClock, name: 'octo agent', home: '/' });
  const sent = text.slice(Number(fromByte));
  const stream = new IncomingStream(new Guid(new Uint8Array(16)), sent.length);
  async function* read() {
    for (const letter of sent) yield Buffer.from(letter);
  }
  stream.attach({ read, leave: async () => {} });
  const request = { Path: 'a.txt', SizeBytes: BigInt(text.length), FromByte: fromByte };
  await service.invoke('Upload', [request, stream], { signal, peerThumbprint: '' });
  return seen;
}

test('an agent that has more than the sender was told passes over what it has', async () => {
  expect(await stored('abcdef', 0n, 0)).toBe('abcdef');
  expect(await stored('abcdef', 0n, 4)).toBe('ef');
  expect(await stored('abcdef', 2n, 4)).toBe('ef');
});

test('an agent that has less than it said refuses, and the upload is begun again', async () => {
  const refusal = await stored('abcdef', 4n, 2).catch((error: unknown) => error as ServerError);
  if (!(refusal instanceof ServerError)) throw new Error(`it took ${refusal}`);
  const asked: string[] = [];
  const has = [4n, 2n];
  const caller: Caller = {
    name: 'a machine',
    isParallel: true,
    noticesSilence: false,
    async call({ method, params }: Call) {
      const [request] = params as [{ readonly FromByte?: bigint }];
      asked.push(`${method} ${request.FromByte ?? ''}`);
      if (method === 'BeginUpload') return { Bytes: has.shift() };
      const { message, details, errorType } = refusal;
      if (request.FromByte === 4n) throw new RemoteError('a machine', { message, details, errorType });
      return { FullPath: '/a.txt', Bytes: 6n };
    },
    [Symbol.asyncDispose]: async () => {},
  };
  const clock = { now: () => Date.now(), sleep: async () => {} };
  const retrying = { clock, totalMs: 60_000, log: () => {} };
  const content = { ...textBytes('abcdef'), sha256: '0'.repeat(64) };
  await uploadToOcto({ caller, clock, retrying, known: new KnownScripts() }, 'a.txt', content, signal);
  expect(asked).toEqual(['BeginUpload ', 'Upload 4', 'BeginUpload ', 'Upload 2']);
});
