import { get } from 'node:http';
import { expect, test, vi } from 'vitest';
import { claim, enqueue, KEY, line, listen, openTestServer } from './plane.fixture.ts';

const never = new AbortController().signal;
const MIB = 1024 * 1024;

async function withLog(megabytes: number) {
  const server = await openTestServer();
  const { id } = await enqueue(server, 'Much to say');
  const held = await claim(server);
  const lines = Array.from({ length: 1_000 }, (_, i) => line(`${i} ${'x'.repeat(1_020)}`));
  for (let i = 0; i < megabytes; i++) await server.plane.journal.append(held, { lines });
  return { ...server, id };
}

test('the raw log is the whole text, in order, behind a head that names the task (R217)', async () => {
  const { ask, id } = await withLog(2);
  const { text, headers } = await ask(`/api/Spaces-1/tasks/${id}/raw`);
  expect(headers['content-type']).toBe('text/plain; charset=utf-8');
  const [first, second, , ...lines] = text.trimEnd().split('\n');
  expect([first, second]).toEqual([`Task ${id}: Much to say`, 'State: Executing']);
  expect(lines).toHaveLength(2_000);
  expect(lines[1_001]).toBe(`2026-01-02T00:00:00.000Z   Info      |   1 ${'x'.repeat(1_020)}`);
});

test('a reader that stops reading stops the reading of the log: memory holds pages, not the log', async () => {
  const { app, plane, id } = await withLog(24);
  const read = vi.spyOn(plane.journal, 'read');
  const { url } = await listen(app);
  const request = get(`${url}/api/tasks/${id}/raw`, { headers: { 'x-octopus-apikey': KEY } });
  const { promise, resolve } = Promise.withResolvers<void>();
  request.on('response', (response) => {
    response.pause();
    resolve();
  });
  await promise;
  // sockets between the two hold some megabytes; when these are full, nothing more may be read
  await vi.waitFor(
    async () => {
      const before = read.mock.calls.length;
      await new Promise((tick) => setTimeout(tick, 100));
      expect(read.mock.calls.length).toBe(before);
    },
    { timeout: 5_000, interval: 10 },
  );
  expect(read.mock.calls.length * 256 * 1024).toBeLessThan(16 * MIB);
  request.destroy();
});

test('in-process it streams as over a socket: who leaves early, ends the reading', async () => {
  const { app, plane, id } = await withLog(24);
  const read = vi.spyOn(plane.journal, 'read');
  const { directApi } = await import('@octo/api');
  const { inject } = await import('../inject.ts');
  const api = directApi((request, headers, signal) => inject(app, request, headers, signal), KEY);
  for await (const piece of api.rawLog(id, never)) {
    expect(piece).toContain('Much to say');
    break;
  }
  await vi.waitFor(() => expect(read.mock.settledResults.every((r) => r.type === 'fulfilled')).toBe(true));
  expect(read.mock.calls.length).toBeLessThan(8);
});

test('a log that broke off is never taken for a whole one', async () => {
  const { app, plane, id } = await withLog(2);
  const read = plane.journal.read.bind(plane.journal);
  let pages = 0;
  vi.spyOn(plane.journal, 'read').mockImplementation((...of) => {
    if (++pages > 2) return Promise.reject(new Error('disk I/O error'));
    return read(...of);
  });
  const { api } = await listen(app);
  const all = async () => {
    for await (const piece of api.rawLog(id, never)) expect(piece).toEqual(expect.any(String));
  };
  await expect(all()).rejects.toMatchObject({ code: 'OCTO_TRANSPORT_SERVER_BROKEN' });
});
