import { Secret } from '@octo/kernel';
import { X509Certificate } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { openTestServer } from './http/plane.fixture.ts';
import { lazyIdentity, makeIdentity, type MakeIdentity } from './identity.ts';

test('the identity is made when it is first asked for, once for all who ask, and kept sealed', async () => {
  const { plane } = await openTestServer();
  expect(await plane.documents.list('serverkeys')).toEqual([]); // it costs time, and octo run needs none
  const make = vi.fn<MakeIdentity>(makeIdentity);
  const identity = lazyIdentity(plane.documents, plane.clock, make);
  const [first, again] = await Promise.all([identity.get(), identity.get()]);
  expect(again).toBe(first);
  expect(make).toHaveBeenCalledOnce();
  expect(Secret.is(first.privateKeyPem)).toBe(true);
  const certificate = new X509Certificate(first.certificatePem);
  expect(certificate.fingerprint.replaceAll(':', '')).toBe(first.thumbprint);
  expect((await plane.identity.get()).thumbprint).toBe(first.thumbprint); // of another process
  expect(make).toHaveBeenCalledOnce();
});

test('of two processes that make it at once one counts for both', async () => {
  const { plane } = await openTestServer();
  const both = [1, 2].map(() => lazyIdentity(plane.documents, plane.clock).get());
  const [one, two] = await Promise.all(both);
  expect(one?.thumbprint).toBe(two?.thumbprint);
});

test('a failure is no answer for the next one who asks', async () => {
  const { plane } = await openTestServer();
  let isBroken = true;
  const identity = lazyIdentity(plane.documents, plane.clock, async (nowMs) => {
    if (isBroken) throw new Error('no entropy');
    return makeIdentity(nowMs);
  });
  await expect(identity.get()).rejects.toThrow('no entropy');
  isBroken = false;
  expect((await identity.get()).thumbprint).toMatch(/^[0-9A-F]{40}$/);
});
