import { type Bytes, type MachineProgram, type UpdateEnd } from '@octo/kernel';
import { OCTO_AGENT } from './contracts.ts';
import { uploadToOcto } from './octo-agent.ts';
import { Reading } from './reading.ts';
import { hear, isRefusal } from './refusals.ts';
import { callAgain, isWithoutService } from './retry.ts';
import { type StockOptions } from './stock-v2.ts';

/** A new agent gets a minute to prove itself; the old one, if it has to, some time to serve again. */
const LIMIT_MS = 180_000;
const LOOK_MS = 500;

/** Our own agent takes a new program in by itself; we bring it there, ask, and wait for what it says became of it. */
export async function updateOcto(
  options: StockOptions,
  { version, content }: MachineProgram,
  signal: AbortSignal,
  progress?: (sentBytes: number) => void,
): Promise<UpdateEnd> {
  const { caller, clock, retrying } = options;
  const call = async (method: string, params: readonly unknown[]) => {
    const answer = await callAgain(caller, { service: OCTO_AGENT, method, params }, { ...retrying, isFinal: isRefusal, hear }, signal); // prettier-ignore
    return new Reading(answer, `the answer to ${method}`);
  };
  try {
    if ((await call('UpdateStatus', [])).text('Version') === version) return { state: 'current', version };
  } catch (error) {
    if (isWithoutService(error)) return { state: 'failed', why: 'its agent is too old to replace itself' };
    throw error;
  }
  const bytes: Bytes = content;
  const { path } = await uploadToOcto(options, `updates/tentacle-${version}`, bytes, signal, progress);
  const answer = await call('Update', [{ Version: version, Path: path, Sha256: content.sha256 }]);
  if (answer.text('State') === 'current') return { state: 'current', version };
  if (answer.text('State') !== 'accepted') return { state: 'failed', why: answer.text('Why') ?? 'it refused' };
  const giveUpMs = clock.now() + LIMIT_MS;
  while (clock.now() < giveUpMs) {
    await clock.sleep(LOOK_MS, signal);
    const now = await call('UpdateStatus', []);
    const isOf = now.text('OfVersion') === version;
    if (isOf && now.text('State') === 'failed')
      return { state: 'failed', why: now.text('Why') ?? 'it does not say why' };
    if (isOf && now.text('State') === 'done' && now.text('Version') === version) return { state: 'updated', version };
  }
  return { state: 'failed', why: `it has not said within ${LIMIT_MS / 1_000} s what became of it` };
}

/** What lies about on a machine of ours (R180). Undefined: its agent is of before there was such a call. */
export async function cleanOcto(
  { caller, retrying }: StockOptions,
  olderThanDays: number,
  signal: AbortSignal,
): Promise<{ readonly removed: number }> {
  const request = { service: OCTO_AGENT, method: 'Clean', params: [{ OlderThanDays: olderThanDays }] };
  try {
    const answer = await callAgain(caller, request, { ...retrying, isFinal: isRefusal, hear }, signal);
    return { removed: new Reading(answer, 'the answer to Clean').number('Removed') ?? 0 };
  } catch (error) {
    if (isWithoutService(error)) return { removed: 0 };
    throw error;
  }
}
