import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { toolLaunch } from './tool.ts';

/** What the body of a tool's launch comes to with a program of this content. */
function run(program: string) {
  const dir = mkdtempSync(join(tmpdir(), 'octo tool '));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const [node, bundle] = [join(dir, 'node'), join(dir, 'tool.mjs')];
  writeFileSync(node, program);
  chmodSync(node, 0o700);
  writeFileSync(bundle, '');
  const parts = { name: 't', input: {}, taskId: 'ServerTasks-1', isolation: { exclusive: false, mutex: 'm' }, limits: {}, fence: 1 }; // prettier-ignore
  const body = toolLaunch({ ...parts, node, bundle }).body.bash ?? '';
  const { status, stdout, stderr } = spawnSync('bash', ['-c', body], { encoding: 'utf8', cwd: dir });
  return { status, stdout, stderr, node };
}

test('the runtime takes the place of the shell, and its exit code is the end', () => {
  expect(run('#!/bin/sh\necho "$1"; exit 3\n')).toMatchObject({ status: 3, stderr: '' });
});

test('a runtime that this machine cannot run is said to be so (R139)', () => {
  const { status, stderr, node } = run('#!/no/such/interpreter\n');
  expect(status).toBe(126);
  expect(stderr).toContain(`octo: ${node} cannot be run: it is for another system, or the file system`);
});
