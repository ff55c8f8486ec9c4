import { describe, expect, test } from 'vitest';
import { fakeDeps, memorySettings } from './deps.fixture.ts';
import { deregister, REGISTERED_TARGET, REGISTERED_WORKER } from './deregister.ts';
import { openSite, siteOfAnswers } from './site.fixture.ts';
import { type Stub } from './stub.fixture.ts';

const { signal } = new AbortController();
const OWN = 'AB'.repeat(20);
const ALL = `GET /api/Spaces-1/workers/all?thumbprint=${OWN}`;
const record = (id: string, thumbprint = OWN) => ({
  Id: id,
  Name: `name of ${id}`,
  Endpoint: { CommunicationStyle: 'TentaclePassive', Thumbprint: thumbprint },
  Links: { Self: `/api/Spaces-1/workers/${id}` },
});
const gone = (id: string) => ({ [`POST /api/Spaces-1/workers/${id}`]: { body: '' } });
const deleted = (stub: Stub) => stub.asked.filter((line) => line.startsWith('POST'));
const kindOf = (run: Promise<void>) =>
  run.then(
    () => 'done',
    (error: { kind: string }) => error.kind,
  );

describe('deregistration (R42, halibut.md 9.4)', () => {
  test.each([
    ['none is there', [], false, 'KnownFailure', 0],
    ['one', [record('Workers-1')], false, 'done', 1],
    ['two, without --multiple', [record('Workers-1'), record('Workers-2')], false, 'KnownFailure', 0],
    ['two, with --multiple', [record('Workers-1'), record('Workers-2')], true, 'done', 2],
    ['a record of another machine is never deleted', [record('Workers-1', 'CD'.repeat(20))], true, 'KnownFailure', 0],
  ])('%s', async (_what, body, multiple, wanted, count) => {
    const answers = { ...siteOfAnswers(), [ALL]: { body }, ...gone('Workers-1'), ...gone('Workers-2') };
    await using stub = await openSite(answers);
    const run = deregister(REGISTERED_WORKER, { server: stub.url, apiKey: 'K', multiple }, fakeDeps(), signal);
    expect(await kindOf(run)).toBe(wanted);
    expect(deleted(stub)).toHaveLength(count);
  });

  test('a server whose link does not name the thumbprint is not asked: it would answer with all its workers', async () => {
    const Links = { Workers: '/api/Spaces-1/workers{/id}{?skip}' };
    await using stub = await openSite({ ...siteOfAnswers(), 'GET /api/Spaces-1': { body: { Links } } });
    const run = deregister(REGISTERED_WORKER, { server: stub.url, apiKey: 'K', multiple: true }, fakeDeps(), signal);
    expect(await kindOf(run)).toBe('RestFailure');
    expect(stub.asked.some((line) => line.includes('/all'))).toBe(false);
  });

  test('without a certificate it ends after the space was chosen', async () => {
    await using stub = await openSite(siteOfAnswers());
    const settings = { ...memorySettings(), thumbprint: undefined };
    const run = deregister(REGISTERED_WORKER, { server: stub.url, apiKey: 'K' }, fakeDeps({ settings }), signal);
    expect(await kindOf(run)).toBe('KnownFailure');
    expect(stub.asked).toHaveLength(7);
  });

  test('a deployment target is looked for among the machines', async () => {
    await using stub = await openSite({ ...siteOfAnswers(), [ALL.replace('workers', 'machines')]: { body: [] } });
    const run = deregister(REGISTERED_TARGET, { server: stub.url, apiKey: 'K' }, fakeDeps(), signal);
    await expect(run).rejects.toThrow("No machine was found matching this Tentacle's thumbprint.");
  });
});
