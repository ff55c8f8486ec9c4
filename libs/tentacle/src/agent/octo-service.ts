import { type CallContext, IncomingStream, OutgoingStream, type Service } from '@octo/halibut';
import { InputError } from '@octo/kernel';
import { OCTO_AGENT } from '../contracts.ts';
import { readOctoStart, writeOctoCapabilities, writeOctoStatus } from '../octo-messages.ts';
import { Reading } from '../reading.ts';
import { tell } from '../refusals.ts';
import { behind } from '../stock-files.ts';
import { type TentacleServicesOptions } from './services.ts';

const DAY_MS = 24 * 3_600_000;
/** Longest that a question is held. */
const MOST_WAIT_MS = 60_000;

/** Our own service (contracts.ts): libs/agent, called over the wire. */
export function octoService(options: TentacleServicesOptions): Service {
  return {
    contract: OCTO_AGENT,
    async invoke(method, params, context) {
      try {
        return await answer(options, method, params, context);
      } catch (error) {
        throw tell(error);
      }
    },
  };
}

async function answer(
  { agent, name, updater }: TentacleServicesOptions,
  method: string,
  [first, second]: readonly unknown[],
  { signal }: CallContext,
): Promise<unknown> {
  if (method === 'Capabilities') return writeOctoCapabilities(await agent.capabilities(name));
  if (method === 'UpdateStatus') return updateStatus(updater);
  const it = new Reading(first, `the request of ${method}`);
  const ticket = it.text('Ticket') ?? '';
  const path = it.text('Path') ?? '';
  switch (method) {
    case 'Start': {
      const start = readOctoStart(first, signal);
      return writeOctoStatus(await agent.start(start.ticket, start.launch, signal));
    }
    case 'Status': {
      const waitMs = Math.min(Math.max(0, it.number('WaitMs') ?? 0), MOST_WAIT_MS);
      return writeOctoStatus(await agent.status({ ticket }, { after: it.text('After') ?? '', waitMs }, signal));
    }
    case 'Cancel':
      return agent.cancel({ ticket });
    case 'Complete':
      return void (await agent.complete({ ticket }));
    case 'BeginUpload':
      return { Bytes: BigInt(await agent.uploadedBytes(path, it.text('Sha256') ?? '')) };
    case 'Clean':
      return { Removed: BigInt(await agent.cleanFiles((it.number('OlderThanDays') ?? 0) * DAY_MS)) };
    case 'Update':
      return beginUpdate(updater, it, path);
    case 'Upload':
      return upload(agent, it, second, signal);
    default:
      return download(agent, path, it.number('FromByte') ?? 0);
  }
}

async function beginUpdate(updater: TentacleServicesOptions['updater'], it: Reading, path: string): Promise<object> {
  if (!updater) return { State: 'refused', Why: 'this agent is updated by whoever has installed it' };
  const offer = { version: it.text('Version') ?? '', path, sha256: it.text('Sha256') ?? '' };
  const answer = await updater.begin(offer);
  return { State: answer.state, Why: answer.state === 'refused' ? answer.why : null };
}

function updateStatus(updater: TentacleServicesOptions['updater']): object {
  const { version, outcome } = updater?.status() ?? { version: '' };
  return {
    Version: version,
    State: outcome?.state ?? '',
    OfVersion: outcome?.version ?? '',
    Why: outcome?.why ?? null,
  };
}

async function upload(
  agent: TentacleServicesOptions['agent'],
  it: Reading,
  stream: unknown,
  signal: AbortSignal,
): Promise<object> {
  if (!(stream instanceof IncomingStream))
    throw new InputError('OCTO_TENTACLE_UPLOAD', 'an upload came without its bytes');
  const [sizeBytes, at, sha256] = [it.number('SizeBytes') ?? 0, it.number('FromByte') ?? 0, it.text('Sha256')];
  const open = (fromByte = 0) => {
    // More is kept than its sender was told: an earlier try was still being written then.
    if (fromByte >= at) return behind(stream.read(signal), fromByte - at);
    throw new InputError('OCTO_TENTACLE_UPLOAD', `an upload goes on at byte ${at}, and ${fromByte} are there`, {
      hint: 'nothing: it is begun again',
    });
  };
  const content = { sizeBytes, open, ...(sha256 !== undefined && { sha256 }) };
  const { path } = await agent.upload(it.text('Path') ?? '', content, signal);
  return { FullPath: path, Bytes: BigInt(sizeBytes) };
}

/** `fromByte` below 0 asks only whether it is there. */
async function download(agent: TentacleServicesOptions['agent'], path: string, fromByte: number): Promise<object> {
  const found = await agent.download(path);
  if (!found) return { SizeBytes: -1n, Contents: null };
  const { sizeBytes } = found;
  if (fromByte < 0) return { SizeBytes: BigInt(sizeBytes), Contents: null };
  const left = Math.max(0, sizeBytes - fromByte);
  return { SizeBytes: BigInt(sizeBytes), Contents: new OutgoingStream(left, () => found.open(fromByte)) };
}
