import { openAgent, platform } from '@octo/agent';
import { type Session } from '@octo/kernel';
import { launchOf, readToEnd } from '@octo/testkit';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRuntimes } from './runtimes.ts';

let dir: string;
const limit = () => AbortSignal.timeout(60_000);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'octo-runtimes-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** An archive as nodejs.org makes them; its program is a script that says its version. */
function archive(version: string): string {
  const name = `node-v${version}-${platform()}`;
  mkdirSync(join(dir, name, 'bin'), { recursive: true });
  writeFileSync(join(dir, name, 'bin', 'node'), `#!/bin/sh\necho v${version}\n`, { mode: 0o755 });
  mkdirSync(join(dir, 'dist'), { recursive: true });
  execFileSync('tar', ['-czf', join(dir, 'dist', `${name}.tar.gz`), '-C', dir, name]);
  return `${name}.tar.gz`;
}
async function textOf(found: Awaited<ReturnType<ReturnType<typeof openRuntimes>['node']>>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of found?.content.open() ?? []) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('without a place it is our own Node, for our own system only', async () => {
  const runtimes = openRuntimes({ agentsDir: '/nowhere', cacheDir: join(dir, 'cache') });
  const own = await runtimes.node(platform(), limit());
  expect(own?.content.sizeBytes).toBe(statSync(process.execPath).size);
  expect(await runtimes.node('aix-ppc64', limit())).toBeUndefined();
});

test('from a folder: a plain program goes first, else the newest archive', async () => {
  archive('24.9.0');
  archive('24.10.1');
  const open = () => openRuntimes({ agentsDir: '/nowhere', source: join(dir, 'dist'), cacheDir: join(dir, 'cache') });
  expect(await textOf(await open().node(platform(), limit()))).toContain('echo v24.10.1');
  writeFileSync(join(dir, 'dist', `node-${platform()}`), 'plain');
  expect(await textOf(await open().node(platform(), limit()))).toBe('plain');
});

test('from a URL it is checked against its checksum, and kept', async () => {
  const name = archive('24.11.0');
  const bytes = readFileSync(join(dir, 'dist', name));
  let sums = `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`;
  let fetched = 0;
  const http = createServer((request, response) => {
    if (request.url === `/v24/${name}`) fetched++;
    response.end(request.url?.endsWith('SHASUMS256.txt') ? sums : bytes);
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  try {
    const source = `http://127.0.0.1:${(http.address() as AddressInfo).port}/v24`;
    const open = (cache: string) => openRuntimes({ agentsDir: '/nowhere', source, cacheDir: join(dir, cache) });
    expect(await textOf(await open('one').node(platform(), limit()))).toContain('echo v24.11.0');
    await open('one').node(platform(), limit());
    expect(fetched).toBe(1);
    sums = sums.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    await expect(open('two').node(platform(), limit())).rejects.toThrow(/does not fit its checksum/);
  } finally {
    http.closeAllConnections();
    http.close();
  }
});

test.each([
  ['a folder that is not there', '/no/such/place', /cannot be read/],
  ['an archive that is none', 'dist', /cannot be unpacked/],
])('%s is an error that names it', async (_, place, message) => {
  mkdirSync(join(dir, 'dist'));
  writeFileSync(join(dir, 'dist', `node-v24.0.0-${platform()}.tar.gz`), 'no archive');
  const source = place.startsWith('/') ? place : join(dir, place);
  const runtimes = openRuntimes({ agentsDir: '/nowhere', source, cacheDir: join(dir, 'cache') });
  await expect(runtimes.node(platform(), limit())).rejects.toThrow(message);
});

test('a machine without Node gets one, and runs with it', async () => {
  await using agent = openAgent({ root: join(dir, 'machine'), clock: Date, node: null });
  expect((await agent.capabilities('x')).node).toBeUndefined();
  const shipped = await openRuntimes({ agentsDir: '/nowhere', cacheDir: join(dir, 'cache') }).node(platform(), limit());
  const { path } = await (agent as Pick<Session, 'upload'>).upload('node/x/node', shipped!.content, limit());
  copyFileSync(process.execPath, join(dir, 'own'));
  await agent.start('n1', launchOf(`chmod u+x '${path}'; '${path}' -p process.version`), limit());
  expect((await readToEnd(agent, 'n1')).texts).toEqual([process.version]);
  await agent.complete({ ticket: 'n1' });
});
