import { isRunning } from '@octo/testkit';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BOOT, isAlive, parseStarted, type ProcessId, sendSignal, statOf } from './process-id.ts';

const child = spawn('sleep', ['300'], { stdio: 'ignore' });
let id: ProcessId;
beforeAll(async () => {
  if (child.pid === undefined) await once(child, 'spawn');
  id = { pid: child.pid!, startTime: statOf(child.pid!)!.startTime, boot: BOOT };
});
afterAll(async () => {
  const ended = once(child, 'exit');
  sendSignal(id, 'SIGKILL');
  await ended;
});

test('a pid that has come again is another process, and is not hit', () => {
  expect(isAlive(id)).toBe(true);
  for (const other of [
    { ...id, startTime: String(Number(id.startTime) - 1) },
    { ...id, boot: 'another boot' },
  ]) {
    expect(isAlive(other)).toBe(false);
    sendSignal(other, 'SIGKILL');
  }
  expect(isRunning(id.pid)).toBe(true);
});

test('a process that is dead and not yet buried is dead', async () => {
  const zombie = spawn('true', { stdio: 'ignore' });
  const { pid } = zombie;
  const startTime = statOf(pid!)?.startTime ?? '';
  await once(zombie, 'exit');
  expect(isAlive({ pid: pid!, startTime, boot: BOOT })).toBe(false);
});

test.each([
  ['whole', `7 boot 7 (a) b) S 1 7 7 ${'0 '.repeat(15)}4711 0\n`, { pid: 7, boot: 'boot', startTime: '4711' }],
  ['without /proc', '7  \n', { pid: 7, boot: '', startTime: '' }],
  ['torn', '7 boot 7 (a) S 1', undefined],
  ['empty', '', undefined],
  ['absent', undefined, undefined],
])('what a supervisor says of itself: %s', (_, text, expected) => {
  expect(parseStarted(text)).toEqual(expected);
});
