import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Home, type Server } from '../src/setup/octo.ts';

const FILE = new URL('../../../shared/vectors/rest/tentacle-registration.json', import.meta.url);

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly status: number;
  readonly answer: string;
}
interface Recording {
  readonly runs: readonly { readonly name: string; readonly exchange: readonly Exchange[] }[];
  readonly answers: Readonly<Record<string, unknown>>;
}
const isThere = existsSync(FILE);
const nothing: Recording = { runs: [{ name: 'no ../shared/vectors/rest here', exchange: [] }], answers: {} };
const recording = isThere ? (JSON.parse(readFileSync(FILE, 'utf8')) as Recording) : nothing;

describe.skipIf(!isThere)('the recorded Tentacle executable registers itself (rest.md 6.5, R37, R38, R42)', () => {
  let home: Home;
  let server: Server;
  beforeAll(async () => {
    home = await Home.open();
    server = await home.serve(['--task-cap', '0']);
  });
  afterAll(() => home[Symbol.asyncDispose]());

  // in this order: each run finds what the one before has left
  test.each(recording.runs.map((run) => [run.name, run] as const))('%s', async (_name, run) => {
    const missing: string[] = [];
    for (const { method, path, headers, body, status, answer } of run.exchange) {
      const key = headers['x-octopus-apikey']?.startsWith('API-RECORDED') ? server.key : headers['x-octopus-apikey'];
      const response = await fetch(`${server.url}${path}`, {
        method,
        headers: { ...headers, ...(key !== undefined && { 'x-octopus-apikey': key }) },
        ...(body !== null && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      expect({ method, path, status: response.status, text }).toEqual({ method, path, status, text });
      const found = missingOf(recording.answers[answer], text === '' ? null : (JSON.parse(text) as unknown), '');
      missing.push(...found.map((member) => `${method} ${path}: ${member}`));
    }
    expect([...new Set(missing)]).toEqual([]);
  });
});

/** Paths of members that the recorded answer has and ours has not. Of lists the first items are compared. */
function missingOf(wanted: unknown, ours: unknown, at: string): readonly string[] {
  if (Array.isArray(wanted))
    return Array.isArray(ours)
      ? ours.length > 0 && wanted.length > 0
        ? missingOf(wanted[0], ours[0], `${at}/0`)
        : []
      : [at];
  if (typeof wanted !== 'object' || wanted === null) return [];
  if (typeof ours !== 'object' || ours === null) return [at];
  return Object.entries(wanted).flatMap(([name, value]) =>
    name in ours ? missingOf(value, (ours as Record<string, unknown>)[name], `${at}/${name}`) : [`${at}/${name}`],
  );
}
