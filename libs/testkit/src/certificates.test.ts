import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { testIdentity, testThumbprint } from './certificates.ts';

test('a test identity has the shape of a Tentacle certificate (halibut.md 1.3), and is made once', () => {
  const identity = testIdentity();
  const certificate = new X509Certificate(identity.certificatePem);
  expect(certificate.subject).toBe('CN=Octopus Tentacle');
  expect(certificate.issuer).toBe(certificate.subject);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(identity.privateKeyPem))).toBe(true);
  expect(certificate.fingerprint.replaceAll(':', '')).toBe(identity.thumbprint);
  expect(testThumbprint(identity.certificatePem)).toBe(identity.thumbprint);
  expect(certificate.validToDate.getUTCFullYear() - new Date().getUTCFullYear()).toBe(100);
  expect(certificate.validFromDate.getTime()).toBeLessThan(Date.now() - 86_400_000 + 1);
  expect(testIdentity()).toBe(identity);
  expect(testIdentity('Octopus Portal').thumbprint).not.toBe(identity.thumbprint);
});
